"""Objects in S3: listed, read, downloaded and uploaded, whole or not at all."""

from __future__ import annotations

import inspect
import os
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from semseg.aws.connection import Patience
from semseg.aws.faults import faults_as_sentences
from semseg.contract.s3_uri import S3Uri
from semseg.errors import ChannelError, PlatformError, UserError
from semseg.plumbing.disk_space import no_room
from semseg.plumbing.ordered_map import ordered_map
from semseg.plumbing.whole_file import IDLE_SECONDS, beside, sweep

WORKERS = 10  # transfers side by side, as many as boto3's transfer manager has
PART_BYTES = 8 * 1024**2  # objects up to this size are one request each, larger ones are fetched in parts of it
UNDER_WAY = 10_000  # downloads handed to the workers at a time
NAMED = 3  # siblings that a warning names

Progress = Callable[[int], None]  # bytes moved since its last call, from any thread; negative where they were lost


@dataclass(frozen=True)
class StoredObject:
    """One object as it was listed or found; ``etag`` changes with its content."""

    uri: S3Uri
    size: int  # bytes
    etag: str
    content_type: str = field(default="", compare=False)  # known where it was looked up by itself, and not of a listing


@dataclass(frozen=True)
class UnfinishedUpload:
    """An upload in parts that was begun and has not ended; what has arrived of it is kept, and paid for."""

    uri: S3Uri
    upload_id: str


class ObjectStore:
    """S3 through one client; may be used from many threads.

    What breaks before an answer is tried again by boto3, what breaks within an object's content by this class.

    Args:
        client: boto3's of "s3".
        waits: seconds before an object whose content broke off is asked for again, one for each time.
    """

    def __init__(self, client: Any, waits: Iterable[float] = Patience.waits) -> None:
        self._client = client
        self._waits = tuple(waits)

    def list_prefix(self, uri: S3Uri) -> list[StoredObject]:
        """Returns the objects whose keys begin with ``uri.key``, sorted, without those that stand for folders."""
        with faults_as_sentences(f"list {uri}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
            entries = [entry for page in pages for entry in page.get("Contents", [])]
        return [_stored(uri.bucket, entry) for entry in entries if not entry["Key"].endswith("/")]

    def list_entries(self, uri: S3Uri, noun: str) -> tuple[list[str], list[str]]:
        """Returns the names of the folders and of the objects directly in a folder; of very many the first 1,000.

        Args:
            noun: what lies there, for messages.

        Raises:
            ChannelError: there is nothing.
        """
        folder = f"{uri.key.rstrip('/')}/" if uri.key else ""
        with faults_as_sentences(f"list {uri}"):
            page = self._client.list_objects_v2(Bucket=uri.bucket, Prefix=folder, Delimiter="/")
        folders = [entry["Prefix"][len(folder) :].rstrip("/") for entry in page.get("CommonPrefixes", [])]
        files = [entry["Key"][len(folder) :] for entry in page.get("Contents", []) if entry["Key"] != folder]
        if not folders and not files:
            raise ChannelError(f"{noun} must be a folder in S3, and {uri} holds nothing")
        return folders, files

    def list_channel(self, uri: S3Uri, noun: str) -> list[StoredObject]:
        """Returns the objects that a channel's URI means: the one of exactly this key, else the folder of this name.

        ``s3://b/p/train`` is the folder ``p/train/`` alone, though as a prefix it would also match
        ``p/train_annotation/``; a UserWarning says so where it would.

        Args:
            noun: what lies there, for messages.

        Raises:
            ChannelError: there is nothing.
        """
        if not uri.key or uri.key.endswith("/"):
            return self._folder(uri, noun, [])
        with faults_as_sentences(f"list {uri}"):
            page = self._client.list_objects_v2(Bucket=uri.bucket, Prefix=uri.key, Delimiter="/")
        for entry in page.get("Contents", []):
            if entry["Key"] == uri.key:
                return [_stored(uri.bucket, entry)]
        folder = S3Uri(uri.bucket, f"{uri.key}/")
        names = [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
        names += [entry["Key"] for entry in page.get("Contents", [])]
        siblings = [str(S3Uri(uri.bucket, name)) for name in names if name != folder.key]
        stored = self._folder(folder, noun, siblings)
        if siblings:
            _warn_user(
                f"{noun}: {uri} is read as the folder {folder}, but SageMaker would read {_some(siblings)} too, which "
                f"begin alike: end the URI with a slash"
            )
        return stored

    def _folder(self, folder: S3Uri, noun: str, siblings: list[str]) -> list[StoredObject]:
        stored = self.list_prefix(folder)
        if not stored:
            others = f", though there are {_some(siblings)}" if siblings else ""
            raise ChannelError(f"{noun} must be an object or a folder in S3, and {folder} holds nothing{others}")
        return stored

    def find(self, uri: S3Uri, extra_args: Mapping[str, Any] | None = None) -> StoredObject | None:
        """Returns the object of exactly this key; None where there is none.

        Args:
            extra_args: boto3's of HeadObject, such as ``{"VersionId": ...}``.
        """
        from botocore.exceptions import ClientError

        with faults_as_sentences(f"look up {uri}"):
            try:
                answer = self._client.head_object(Bucket=uri.bucket, Key=uri.key, **(extra_args or {}))
            except ClientError as error:
                if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                    return None
                raise
        return StoredObject(uri, answer["ContentLength"], answer["ETag"], answer.get("ContentType", ""))

    def read(
        self,
        uri: S3Uri,
        etag: str | None = None,
        extra_args: Mapping[str, Any] | None = None,
        most: int | None = None,
    ) -> bytes:
        """Returns the content of one object, whole: where it breaks off or stalls it is asked for again.

        Args:
            etag: of the object as it was listed; another content is refused then.
            extra_args: boto3's of GetObject.
            most: the most bytes that the object may have; any number where it is not given.

        Raises:
            UserError: there is no such object, it has changed, it is too large, or there is no permission.
            PlatformError: S3 did not deliver it after all attempts.
        """
        unchanged = {} if etag is None else {"IfMatch": etag}
        with faults_as_sentences(f"read {uri}"):
            return self._content(most, {"Bucket": uri.bucket, "Key": uri.key, **unchanged, **(extra_args or {})})

    def _content(self, most: int | None, request: Mapping[str, Any]) -> bytes:
        from botocore import exceptions

        broken = (
            exceptions.ChecksumError,
            exceptions.FlexibleChecksumError,
            exceptions.IncompleteReadError,
            exceptions.ReadTimeoutError,
            exceptions.ResponseStreamingError,
            ConnectionError,
        )
        for wait in self._waits:
            body = self._body(most, request)
            try:
                return bytes(body.read())
            except broken:
                time.sleep(wait)
        return bytes(self._body(most, request).read())

    def _body(self, most: int | None, request: Mapping[str, Any]) -> Any:
        answer = self._client.get_object(**request)
        if most is not None and answer["ContentLength"] > most:
            answer["Body"].close()
            uri = S3Uri(request["Bucket"], request["Key"])
            raise UserError(f"{uri} must have at most {most} bytes, got {answer['ContentLength']}")
        return answer["Body"]

    def download(
        self,
        wanted: Iterable[tuple[StoredObject, Path]],
        progress: Progress | None = None,
        extra_args: Mapping[str, Any] | None = None,
    ) -> None:
        """Downloads many objects side by side, each beside its path first; nobody sees half a file.

        Folders are made. A file that is there is replaced.

        Args:
            extra_args: boto3's of GetObject.

        Raises:
            UserError, PlatformError: as :meth:`read`, naming the first object that failed; what is whole stays.
        """
        wanted = list(wanted)
        for folder in {path.parent for _, path in wanted}:
            with _writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                sweep(folder, IDLE_SECONDS)

        def fetch(item: tuple[StoredObject, Path]) -> None:
            self._download_small(*item, extra_args or {})
            if progress:
                progress(item[0].size)

        small = [item for item in wanted if item[0].size <= PART_BYTES]
        for _ in ordered_map(fetch, small, WORKERS, ahead=UNDER_WAY):
            pass
        self._download_large([item for item in wanted if item[0].size > PART_BYTES], progress, extra_args or {})

    def _download_small(self, stored: StoredObject, path: Path, extra_args: Mapping[str, Any]) -> None:
        """Downloads in one request; the transfer manager makes two, and does not look at the ETag."""
        content = self.read(stored.uri, stored.etag, extra_args)
        with _writing(path), beside(path, forced=False) as part:
            part.write_bytes(content)

    def _download_large(
        self, wanted: list[tuple[StoredObject, Path]], progress: Progress | None, extra_args: Mapping[str, Any]
    ) -> None:
        """Downloads in parts, each of the listed content alone, and beside the path first, as s3transfer does."""
        if not wanted:
            return
        with self._transfers() as manager:
            under_way = [
                (
                    stored,
                    path,
                    manager.download(
                        *(stored.uri.bucket, stored.uri.key, str(path)),
                        extra_args=dict(extra_args),
                        subscribers=[_listed(stored), *_telling(progress)],
                    ),
                )
                for stored, path in wanted
            ]
            for stored, path, transfer in under_way:
                with _writing(path), faults_as_sentences(f"read {stored.uri}"):
                    transfer.result()

    def upload(
        self,
        files: Iterable[tuple[Path, S3Uri]],
        extra_args: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Uploads many files side by side; an object is there whole or not at all.

        Args:
            extra_args: boto3's ExtraArgs, such as ``{"ServerSideEncryption": "aws:kms"}``.

        Raises:
            UserError: a file cannot be read, or S3 refuses it.
            PlatformError: S3 could not be reached, or did not do its part after all attempts.
        """
        with self._transfers() as manager:
            under_way = []
            for path, uri in files:
                try:
                    transfer = manager.upload(
                        *(str(path), uri.bucket, uri.key),
                        extra_args=dict(extra_args or {}),
                        subscribers=list(_telling(progress)),
                    )
                except ValueError as error:
                    raise UserError(f"could not upload {path} to {uri}: {error}") from error
                under_way.append((path, uri, transfer))
            for path, uri, transfer in under_way:
                with _reading(path), faults_as_sentences(f"upload {path} to {uri}"):
                    transfer.result()

    def write(self, uri: S3Uri, content: bytes, extra_args: Mapping[str, Any] | None = None) -> None:
        """Writes one object."""
        with faults_as_sentences(f"write {uri}"):
            self._client.put_object(Bucket=uri.bucket, Key=uri.key, Body=content, **(extra_args or {}))

    def remove(self, uris: Iterable[S3Uri]) -> None:
        """Removes objects one by one, in this order; where one is not there, that is no error.

        Raises:
            UserError: S3 refuses it; those after it are still there.
            PlatformError: S3 could not be reached, or did not do its part after all attempts.
        """
        for uri in uris:
            with faults_as_sentences(f"remove {uri}"):
                self._client.delete_object(Bucket=uri.bucket, Key=uri.key)

    def unfinished_uploads(self, uri: S3Uri) -> list[UnfinishedUpload]:
        """Returns the uploads in parts that are under way, or were cut short, to keys that begin with ``uri.key``."""
        with faults_as_sentences(f"list uploads to {uri}"):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=uri.bucket, Prefix=uri.key)
            entries = [entry for page in pages for entry in page.get("Uploads", [])]
        return [UnfinishedUpload(S3Uri(uri.bucket, entry["Key"]), entry["UploadId"]) for entry in entries]

    def end_upload(self, upload: UnfinishedUpload) -> None:
        """Ends an upload in parts and removes what has arrived of it; one that has ended meanwhile is no error."""
        from botocore.exceptions import ClientError

        uri = upload.uri
        with faults_as_sentences(f"end an upload to {uri}"):
            try:
                self._client.abort_multipart_upload(Bucket=uri.bucket, Key=uri.key, UploadId=upload.upload_id)
            except ClientError as error:
                if error.response["Error"]["Code"] != "NoSuchUpload":
                    raise

    def _transfers(self) -> Any:
        """boto3's transfer manager; leaving its ``with`` by an error cancels what is under way."""
        from s3transfer.manager import TransferConfig, TransferManager

        config = TransferConfig(
            multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_request_concurrency=WORKERS
        )
        return TransferManager(self._client, config)


def _stored(bucket: str, entry: Mapping[str, Any]) -> StoredObject:
    return StoredObject(S3Uri(bucket, entry["Key"]), entry["Size"], entry["ETag"])


def _warn_user(message: str) -> None:
    """Warns at the line of the user's that led here, the innermost one outside of this package."""
    package, frame, level = __name__.partition(".")[0], inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)


def _some(names: list[str]) -> str:
    """Returns the first names, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _listed(stored: StoredObject) -> Any:
    """Tells s3transfer what the listing said, so that it need not ask, and takes no part of another content."""
    from s3transfer.subscribers import BaseSubscriber

    class Listed(BaseSubscriber):
        def on_queued(self, future: Any, **_: Any) -> None:
            future.meta.provide_transfer_size(stored.size)
            future.meta.provide_object_etag(stored.etag)

    return Listed()


def _telling(progress: Progress | None) -> Iterator[Any]:
    """Yields what makes s3transfer call ``progress``; nothing where there is none."""
    from s3transfer.subscribers import BaseSubscriber

    if progress is None:
        return
    tell = progress

    class Telling(BaseSubscriber):
        def on_progress(self, future: Any, bytes_transferred: int, **_: Any) -> None:
            tell(bytes_transferred)

    yield Telling()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlatformError(no_room(error, path) or f"could not write {path}: {error.strerror}") from error


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"could not read {path}: {error.strerror}") from error


def files_below(folder: str | os.PathLike[str]) -> list[Path]:
    """Returns all files below a folder, sorted."""
    return sorted(path for path in Path(folder).rglob("*") if path.is_file())
