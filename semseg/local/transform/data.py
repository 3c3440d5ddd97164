"""Pictures that a batch transform job reads, and answers that it writes: files of this machine or objects of S3."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from semseg.aws.account import Account
from semseg.aws.object_store import files_below
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import UserError
from semseg.local.files.locations import local_path
from semseg.local.transform.folder import TransformInput
from semseg.plumbing.whole_file import write_bytes

SUFFIX = ".out"  # SageMaker's: the answer to a.jpg is a.jpg.out
NOUN = "the data of a transform job"


def list_inputs(location: str, account: Account) -> list[TransformInput]:
    """All pictures of a folder, a file:// URI or an S3 prefix, sorted; or the one file or object of this name.

    Files and folders whose names begin with a dot are left out.

    Raises:
        UserError: there is nothing, or an object's key is no name of a file.
    """
    found = _objects(location, account) if is_s3(location) else _files(local_path(NOUN, location))
    inputs = [item for item in found if not any(part.startswith(".") for part in item.key.split("/"))]
    if not inputs:
        raise UserError(f"{NOUN} must name at least one picture, and there is none at {location!r}")
    return inputs


def read_input(item: TransformInput, account: Account) -> bytes:
    """The content of one picture, whole."""
    if is_s3(item.location):
        return account.objects.read(S3Uri.parse(NOUN, item.location))
    return Path(item.location).read_bytes()


def write_output(output: str, key: str, content: bytes, account: Account, kms_key: str | None) -> str:
    """Write an answer as ``<output>/<key>.out``, whole or not at all; its location."""
    if is_s3(output):
        uri = S3Uri.parse("output_path", output).join(f"{key}{SUFFIX}")
        account.objects.write(uri, content, _encryption(kms_key))
        return str(uri)
    target = local_path("output_path", output) / f"{key}{SUFFIX}"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, content)
    return target.as_uri()


def check_output(output: str) -> None:
    """Raise UserError where a folder of this machine cannot be written to."""
    if is_s3(output):
        return
    folder = local_path("output_path", output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"output_path must be a folder that can be written to, got {str(folder)!r}: {error}") from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"output_path must be a folder that can be written to, got {str(folder)!r}")


def _objects(location: str, account: Account) -> list[TransformInput]:
    uri = S3Uri.parse(NOUN, location)
    found = account.objects.list_channel(uri, NOUN)
    return [TransformInput(stored.uri.relative_to(uri).as_posix(), str(stored.uri), stored.size) for stored in found]


def _files(path: Path) -> list[TransformInput]:
    if path.is_file():
        return [_file(path, path.parent)]
    if not path.is_dir():
        raise UserError(f"{NOUN} must name a folder or a file that exists, got {str(path)!r}")
    return [_file(file, path) for file in files_below(path)]


def _file(path: Path, folder: Path) -> TransformInput:
    return TransformInput(path.relative_to(folder).as_posix(), str(path), path.stat().st_size)


def _encryption(kms_key: str | None) -> dict[str, Any] | None:
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else None
