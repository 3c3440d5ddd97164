"""s3:// URIs, taken apart and put together; nothing here speaks to S3."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from semseg.errors import ChannelError, UserError

SCHEME = "s3://"


@dataclass(frozen=True)
class S3Uri:
    """One object, or all that begins with ``key``.

    Attributes:
        key: without the leading slash; empty for a whole bucket.
    """

    bucket: str
    key: str

    @classmethod
    def parse(cls, noun: str, text: Any) -> S3Uri:
        """Read ``s3://bucket/key``.

        Args:
            noun: what lies there, for the message.

        Raises:
            UserError: it is no such URI.
        """
        bucket, _, key = text[len(SCHEME) :].partition("/") if is_s3(text) else ("", "", "")
        if not bucket:
            raise UserError(f"{noun} must be an S3 URI such as s3://bucket/folder, got {text!r}")
        return cls(bucket, key)

    def join(self, *parts: str) -> S3Uri:
        """Deeper: the key with these parts behind it, a slash between them; empty parts are left out."""
        return S3Uri(self.bucket, "/".join(part for part in (self.key.rstrip("/"), *parts) if part))

    def relative_to(self, folder: S3Uri) -> PurePosixPath:
        """Where an object below ``folder`` lies, seen from there: a path that stays there.

        Keys are written by others, and a key may be any text.

        Raises:
            ChannelError: it is no name of a file below.
        """
        start = f"{folder.key.rstrip('/')}/" if folder.key else ""
        name = self.key[len(start) :]
        parts = name.split("/")
        below = self.bucket == folder.bucket and self.key.startswith(start)
        if not below or not all(parts) or "\0" in name or {".", ".."} & set(parts):
            raise ChannelError(
                f"a key must be the name of a file below {folder}, without empty parts, . and .., got "
                f"{str(self)!r}: rename the object"
            )
        return PurePosixPath(*parts)

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


def is_s3(location: str | os.PathLike[str]) -> bool:
    """Whether a location is meant to be in S3."""
    return isinstance(location, str) and location.lower().startswith(SCHEME)
