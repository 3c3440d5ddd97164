"""Where something lies: a path or a file:// URI of this machine, or an s3:// URI."""

from __future__ import annotations

import os
from pathlib import Path

from semseg.archive.model_folder import check_model_folder
from semseg.aws.account import Account
from semseg.contract.address import path_text
from semseg.contract.echoed import echoed
from semseg.contract.job_directory import MODEL_ARCHIVE
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import ModelError, UserError
from semseg.local.files.downloads import Downloads
from semseg.local.jobs.home import Home


def local_path(noun: str, location: str | os.PathLike[str]) -> Path:
    """Returns the absolute path of a location.

    Args:
        noun: what lies there, for the message.
        location: a path, or a file:// URI: ``file:///data/train``; ``file://train`` is relative, as in SageMaker.

    Raises:
        UserError: it is neither.
    """
    if not isinstance(location, (str, os.PathLike)):
        raise UserError(f"{noun} must be a path or a file:// URI, got {type(location).__name__}")
    text = path_text(noun, location, "download it, then give its folder")
    if not text:
        raise UserError(f"{noun} must be a path or a file:// URI, got an empty one")
    return Path(text).expanduser().absolute()


def absolute(noun: str, location: str) -> str:
    """Returns a location that means the same whatever folder a process runs in: an absolute path or an s3:// URI.

    Args:
        noun: what lies there, for the message.

    Raises:
        UserError: it is no path, file:// URI or s3:// URI.
    """
    return str(S3Uri.parse(noun, location)) if is_s3(location) else str(local_path(noun, location))


def check_folder(noun: str, folder: Path) -> None:
    """Makes a folder of this machine where it is not there.

    Raises:
        UserError: it cannot be made, or not be written to.
    """
    sentence = f"{noun} must be a folder that can be written to, got {echoed(str(folder))}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{sentence}: {error}") from error
    if not os.access(folder, os.W_OK):
        raise UserError(sentence)


def local_archive(noun: str, location: str | os.PathLike[str], account: Account, home: Home) -> Path:
    """Returns the file of this machine with a model archive: the file itself, or a download of the object. A folder
    of this machine with the files of a model is returned as it is.

    Args:
        noun: what lies there, for the message.
        location: a path, a file:// URI, or the s3:// URI of one object.
        home: keeps the downloads.

    Raises:
        ModelError: there is no such file or object, or the folder holds no model.
        UserError: the location is none, or the object may not be read.
    """
    if not is_s3(location):
        path = local_path(noun, location)
        if os.path.isdir(path):
            check_model_folder(path, noun)
        elif not os.path.isfile(path):  # False as well for a name that cannot be
            raise _no_archive(noun, str(path))
        return path
    stored = account.objects.find(S3Uri.parse(noun, location))
    if stored is None:
        raise _no_archive(noun, str(location))
    home.create()
    return Downloads(home.downloads, account.objects).fetch([stored])[0]


def _no_archive(noun: str, place: str) -> ModelError:
    return ModelError(f"{noun} must be a {MODEL_ARCHIVE} that exists, got {echoed(place, 300)}")
