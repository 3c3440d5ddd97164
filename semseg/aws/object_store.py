"""Objects in S3: listed, read, downloaded and uploaded, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.aws.faults import told
from semseg.contract.s3_uri import S3Uri

Progress = Callable[[int], None]  # called with the bytes moved since its last call, from any thread


@dataclass(frozen=True)
class StoredObject:
    """One object as it was listed; ``etag`` changes with its content."""

    uri: S3Uri
    size: int  # bytes
    etag: str


class ObjectStore:
    """S3 through one client; may be used from many threads.

    Args:
        client: boto3's of "s3".
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def list_prefix(self, uri: S3Uri) -> list[StoredObject]:
        """All objects whose keys begin with ``uri.key``, sorted by key; objects that stand for folders are left out."""
        with told(f"list {uri}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
            entries = [entry for page in pages for entry in page.get("Contents", [])]
        return [
            StoredObject(S3Uri(uri.bucket, entry["Key"]), entry["Size"], entry["ETag"])
            for entry in entries
            if not entry["Key"].endswith("/")
        ]

    def list_channel(self, uri: S3Uri, noun: str) -> list[StoredObject]:
        """What a channel's URI means: the one object of exactly this key, else the folder of this name.

        ``s3://b/p/train`` is the folder ``p/train/`` alone, though as a prefix it would also match
        ``p/train_annotation/``; a UserWarning says so where it would.

        Raises:
            ChannelError: there is nothing.
        """
        raise NotImplementedError

    def find(self, uri: S3Uri) -> StoredObject | None:
        """The object of exactly this key; None where there is none."""
        raise NotImplementedError

    def read(self, uri: S3Uri) -> bytes:
        """The content of one object, whole: a connection lost on the way is tried again.

        Raises:
            UserError: there is no such object, or no permission.
            PlatformError: S3 did not deliver it after all attempts.
        """
        with told(f"read {uri}"):
            content: bytes = self._client.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read()
        return content

    def download(self, wanted: Iterable[tuple[StoredObject, Path]], progress: Progress | None = None) -> None:
        """Download many objects side by side, each beside its path first; nobody sees half a file.

        Raises:
            UserError, PlatformError: as :meth:`read`, naming the first object that failed; what is whole stays.
        """
        raise NotImplementedError

    def upload(
        self,
        files: Iterable[tuple[Path, S3Uri]],
        extra_args: dict[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Upload many files side by side; an object is there whole or not at all.

        Args:
            extra_args: boto3's ExtraArgs, such as ``{"ServerSideEncryption": "aws:kms"}``.
        """
        raise NotImplementedError

    def write(self, uri: S3Uri, content: bytes, extra_args: dict[str, Any] | None = None) -> None:
        """Write one object."""
        with told(f"write {uri}"):
            self._client.put_object(Bucket=uri.bucket, Key=uri.key, Body=content, **(extra_args or {}))


def files_below(folder: str | os.PathLike[str]) -> list[Path]:
    """All files below a folder, sorted."""
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())
