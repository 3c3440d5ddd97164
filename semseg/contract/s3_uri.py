"""s3:// URIs, split into their parts and joined. Nothing here sends requests to S3."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from semseg.contract.echoed import echoed
from semseg.errors import ChannelError, UserError

SCHEME = "s3://"
LONGEST_NAME = 255  # bytes, of one part of a path on the file systems that keys become files on


@dataclass(frozen=True)
class S3Uri:
    """The place of one object, or of all objects whose keys begin with ``key``.

    Attributes:
        key: without the leading slash; empty for a whole bucket.
    """

    bucket: str
    key: str

    @classmethod
    def parse(cls, noun: str, text: Any) -> S3Uri:
        """Reads a URI of the form ``s3://bucket/key``.

        Args:
            noun: what lies there, for the message.

        Raises:
            UserError: it is no such URI.
        """
        bucket, _, key = text[len(SCHEME) :].partition("/") if is_s3(text) else ("", "", "")
        if not bucket:
            raise UserError(f"{noun} must be an S3 URI such as s3://bucket/folder, got {echoed(text)}")
        return cls(bucket, key)

    def join(self, *parts: str) -> S3Uri:
        """Returns a place below this one: the key with these parts behind it, a slash between them; empty parts are
        left out.
        """
        return S3Uri(self.bucket, "/".join(part for part in (self.key.rstrip("/"), *parts) if part))

    def relative_to(self, folder: S3Uri) -> PurePosixPath:
        """Returns the path of an object relative to ``folder``; the path cannot lead out of the folder.

        Keys come from others and may be any text. If ``folder`` is the object itself, the path is the last part of its
        key.

        Raises:
            ChannelError: the key gives no path of a file below the folder.
        """
        above = folder.key.rstrip("/")
        start = f"{above}/" if above else ""
        below = self.bucket == folder.bucket and self.key.startswith(start)
        name = self.key[len(start) :] if self != folder else self.key.rpartition("/")[2]
        if not (below or self == folder) or not all(can_be_a_name(part) for part in name.split("/")):
            raise ChannelError(
                f"a key must be the name of a file below {folder}, without empty parts, . and .., and with at most "
                f"{LONGEST_NAME} bytes between slashes, on Windows also without \\ and :, got {echoed(str(self))}: "
                "rename the object"
            )
        return PurePosixPath(name)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


def is_s3(location: str | os.PathLike[str]) -> bool:
    """Returns whether a location is meant to be in S3."""
    return isinstance(location, str) and location.lower().startswith(SCHEME)


def can_be_a_name(part: str, system: str = os.name) -> bool:
    """Returns whether a part of a key can be the name of a file on this machine, and leads nowhere else.

    Args:
        system: as ``os.name`` has it. To Windows ("nt") a backslash and a colon are no part of a name, but lead to
            other folders, drives and streams.
    """
    if system == "nt" and not {"\\", ":"}.isdisjoint(part):
        return False
    try:
        length = len(os.fsencode(part))
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold and UTF-8 cannot
        return False
    return part not in ("", ".", "..") and "\0" not in part and length <= LONGEST_NAME
