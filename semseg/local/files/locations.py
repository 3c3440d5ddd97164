"""Where something lies: a path or a file:// URI of this machine, or an s3:// URI."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import UserError
from semseg.local.files.downloads import Downloads
from semseg.local.jobs.home import Home

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


def fetched(noun: str, location: str | os.PathLike[str], account: Account, home: Home | None = None) -> Path:
    """A file of this machine with the content of a location: the file itself, or a download of the object.

    Args:
        noun: what lies there, for the message.
        location: a path, a file:// URI, or the s3:// URI of one object.
        home: what keeps the downloads; None means the one of the environment.

    Raises:
        UserError: there is no such object, or it may not be read; a path is not looked up.
    """
    if not is_s3(location):
        return local_path(noun, location)
    store = account.objects
    found = store.find(S3Uri.parse(noun, location))
    if found is None:
        raise UserError(f"{noun} must be an object that exists, got {str(location)!r}")
    home = home or Home.from_environment(os.environ)
    home.create()
    return Downloads(home.downloads, store).fetch([found])[0]
