"""s3:// URIs, taken apart and put together; nothing here speaks to S3."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from semseg.errors import UserError

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

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


def is_s3(location: str | os.PathLike[str]) -> bool:
    """Whether a location is meant to be in S3."""
    return isinstance(location, str) and location.lower().startswith(SCHEME)
