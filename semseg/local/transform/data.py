"""Pictures that a batch transform job reads, and answers that it writes: files of this machine or objects of S3."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from semseg.aws.account import Account, encrypted_by
from semseg.contract.pairing import MAX_PICTURE_BYTES, is_hidden
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import UserError
from semseg.local.files.channel_files import read_picture, visible_files
from semseg.local.files.locations import local_path
from semseg.local.transform.folder import TransformInput
from semseg.plumbing.whole_file import IDLE_SECONDS, sweep, write_bytes

SUFFIX = ".out"  # SageMaker's: the answer to a.jpg is a.jpg.out
DATA = "the data of a transform job"  # as messages name it


def list_inputs(location: str, account: Account) -> list[TransformInput]:
    """Returns all pictures of a folder, a file:// URI or an S3 prefix, sorted; or the one file or object of this name.

    Files and folders whose names begin with a dot are left out.

    Raises:
        UserError: there is nothing, or an object's key is no name of a file.
    """
    found = _objects(location, account) if is_s3(location) else _files(local_path(DATA, location))
    inputs = [item for item in found if not is_hidden(item.key)]
    if not inputs:
        raise UserError(f"{DATA} must name at least one picture, and there is none at {location!r}")
    return inputs


def read_input(item: TransformInput, account: Account) -> bytes:
    """Returns the content of one picture, whole.

    Raises:
        UserError: it cannot be read, is no regular file, or has more than MAX_PICTURE_BYTES bytes.
    """
    if is_s3(item.location):
        return account.objects.read(S3Uri.parse(DATA, item.location), most=MAX_PICTURE_BYTES)
    return read_picture(Path(item.location))


def write_output(output: str, key: str, content: bytes, account: Account, kms_key: str | None) -> str:
    """Writes an answer as ``<output>/<key>.out``, whole or not at all; returns its location."""
    if is_s3(output):
        uri = S3Uri.parse("output_path", output).join(f"{key}{SUFFIX}")
        account.objects.write(uri, content, encrypted_by(kms_key))
        return str(uri)
    target = local_path("output_path", output) / f"{key}{SUFFIX}"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(target, content)
    return target.as_uri()


def sweep_outputs(output: str, inputs: Iterable[TransformInput]) -> None:
    """Removes the half-written answers that a job which was killed has left where those to ``inputs`` will be."""
    if is_s3(output):
        return
    root = local_path("output_path", output)
    for folder in {(root / item.key).parent for item in inputs}:
        sweep(folder, IDLE_SECONDS)


def _objects(location: str, account: Account) -> list[TransformInput]:
    uri = S3Uri.parse(DATA, location)
    found = account.objects.list_channel(uri, DATA)
    return [TransformInput(stored.uri.relative_to(uri).as_posix(), str(stored.uri), stored.size) for stored in found]


def _files(path: Path) -> list[TransformInput]:
    if path.is_file():
        return [TransformInput(path.name, str(path), path.stat().st_size)]
    if not path.is_dir():
        raise UserError(f"{DATA} must name a folder or a file that exists, got {str(path)!r}")
    return [TransformInput(name, str(file), file.stat().st_size) for name, file in visible_files(path)]
