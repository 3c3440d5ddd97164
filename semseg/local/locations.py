"""Paths and file:// URIs, which are what a location is on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from semseg.errors import UserError

FILE_SCHEME = "file://"


def local_path(noun: str, location: str | os.PathLike[str]) -> Path:
    """The absolute path of a location.

    Args:
        noun: what lies there, for the message.
        location: a path, or a file:// URI: ``file:///data/train``; ``file://train`` is relative, as in SageMaker.

    Raises:
        UserError: it is neither.
    """
    if not isinstance(location, (str, os.PathLike)):
        raise UserError(f"{noun} must be a path or a file:// URI, got {type(location).__name__}")
    text = os.fspath(location)
    if text.startswith(FILE_SCHEME):
        text = unquote(text[len(FILE_SCHEME) :])
    elif "://" in text:
        raise UserError(
            f"{noun} must be a path or a file:// URI on this machine, got {text!r}: download it, then give its folder"
        )
    if not text:
        raise UserError(f"{noun} must be a path or a file:// URI, got an empty one")
    return Path(text).expanduser().absolute()
