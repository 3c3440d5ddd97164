"""Where a job's results go: ``<output path>/<job name>/output/``, on this machine or in S3."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semseg.archive.model_artifact import pack
from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import PlatformError, SemsegError, UserError
from semseg.local.files.locations import local_path
from semseg.local.jobs.job_folder import JobFolder
from semseg.plumbing.whole_file import beside

NOUN = "output_path"
MODEL = "model.tar.gz"
DATA = "output.tar.gz"  # all of output/data


def check_output(noun: str, location: str, account: Account, extra_args: dict[str, Any] | None = None) -> None:
    """Make sure that a folder, or what stands for one in S3, can be written to, by making it.

    In S3 that is an empty object whose key ends with a slash, as the S3 console makes for a folder.

    Raises:
        UserError: it cannot.
    """
    if is_s3(location):
        uri = S3Uri.parse(noun, location)
        if uri.key:
            account.objects.write(S3Uri(uri.bucket, uri.key.rstrip("/") + "/"), b"", extra_args)
        return
    _check_folder(noun, Path(location))


def encryption(request: Mapping[str, Any]) -> dict[str, Any] | None:
    """How the results are encrypted in S3, as boto3's ExtraArgs; None leaves it to the bucket."""
    key = request["OutputDataConfig"].get("KmsKeyId")
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else None


def results_location(request: Mapping[str, Any]) -> str:
    """The folder of a job's results: an absolute path or an S3 URI."""
    output, name = request["OutputDataConfig"]["S3OutputPath"], request["TrainingJobName"]
    if is_s3(output):
        return str(S3Uri.parse(NOUN, output).join(name, "output"))
    return str(local_path(NOUN, output) / name / "output")


def deliver(job: JobFolder, request: Mapping[str, Any], account: Account) -> str:
    """Pack a job's model and its other results, and bring them where they belong; the model's URI.

    Raises:
        ModelError: there is no whole model.
        UserError, PlatformError: S3 did not take them; the sentence says where they are.
    """
    location = results_location(request)
    here = job.output if is_s3(location) else Path(location)
    here.mkdir(parents=True, exist_ok=True)
    pack(job.model, here / MODEL)
    shutil.rmtree(job.model)  # all of it is in the archive
    names = [MODEL, *_pack_data(job, here)]
    if not is_s3(location):
        return (here / MODEL).as_uri()
    _upload(here, names, S3Uri.parse(NOUN, location), account, encryption(request))
    return f"{location}/{MODEL}"


def _pack_data(job: JobFolder, here: Path) -> list[str]:
    """The archive's name, where there is something to pack; on this machine the files also lie beside it."""
    if not job.output_data.is_dir() or not any(job.output_data.iterdir()):
        return []
    if here != job.output:
        shutil.copytree(job.output_data, here / "data")
    with beside(here / DATA) as part, tarfile.open(part, "w:gz") as archive:
        for path in sorted(job.output_data.iterdir()):
            archive.add(path, path.name)
    return [DATA]


def _upload(here: Path, names: list[str], uri: S3Uri, account: Account, extra_args: dict[str, Any] | None) -> None:
    try:
        account.objects.upload([(here / name, uri.join(name)) for name in names], extra_args)
    except SemsegError as error:
        kind = UserError if isinstance(error, UserError) else PlatformError
        raise kind(f"{error}; the model is kept in {here / MODEL}") from error
    for name in names:
        (here / name).unlink()


def _check_folder(noun: str, folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{noun} must be a folder that can be written to, got {str(folder)!r}: {error}") from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"{noun} must be a folder that can be written to, got {str(folder)!r}")
