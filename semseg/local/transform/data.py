"""Pictures that a batch transform job reads, and answers that it writes: files of this machine or objects of S3."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from semseg.aws.account import Account, encrypted_by
from semseg.contract.pairing import MAX_PICTURE_BYTES
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.local.files.channel_files import read_picture
from semseg.local.files.locations import local_path
from semseg.local.transform.folder import TransformInput
from semseg.plumbing.whole_file import IDLE_SECONDS, sweep, write_bytes

SUFFIX = ".out"  # SageMaker's: the answer to a.jpg is a.jpg.out
DATA = "the data of a transform job"  # as messages name it


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
