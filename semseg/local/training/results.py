"""Where a job's results go: ``<output path>/<job name>/output/``, on this machine or in S3."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semseg.archive.model_artifact import pack
from semseg.archive.results_archive import RESULTS_ARCHIVE
from semseg.aws.account import Account, encrypted_by
from semseg.contract.job_directory import MODEL_ARCHIVE
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import PlatformError, SemsegError, UserError
from semseg.local.files.locations import check_folder, local_path
from semseg.local.jobs.job_folder import JobFolder
from semseg.plumbing.whole_file import beside

OUTPUT_LOCATION = "output_path"  # as messages name it


def check_location(noun: str, location: str, account: Account, kms_key: str | None = None) -> None:
    """Makes a folder, or what stands for one in S3, so that it is known that it can be written to.

    In S3 that is an empty object whose key ends with a slash, as the S3 console makes for a folder.

    Raises:
        UserError: it cannot.
    """
    if is_s3(location):
        uri = S3Uri.parse(noun, location)
        if uri.key:
            account.objects.write(S3Uri(uri.bucket, uri.key.rstrip("/") + "/"), b"", encrypted_by(kms_key))
        return
    check_folder(noun, Path(location))


def results_location(request: Mapping[str, Any]) -> str:
    """Returns the folder of a job's results: an absolute path or an S3 URI."""
    output, name = request["OutputDataConfig"]["S3OutputPath"], request["TrainingJobName"]
    if is_s3(output):
        return str(S3Uri.parse(OUTPUT_LOCATION, output).join(name, "output"))
    return str(local_path(OUTPUT_LOCATION, output) / name / "output")


def pack_model(job: JobFolder, request: Mapping[str, Any]) -> Path:
    """Packs a job's model, and returns the archive: below the output path, or in the job's folder for one in S3.

    Raises:
        ModelError: there is no whole model.
    """
    location = results_location(request)
    here = job.output if is_s3(location) else Path(location)
    here.mkdir(parents=True, exist_ok=True)
    pack(job.model, here / MODEL_ARCHIVE)
    shutil.rmtree(job.model)  # all of it is in the archive
    return here / MODEL_ARCHIVE


def deliver(job: JobFolder, request: Mapping[str, Any], archive: Path, account: Account) -> str:
    """Packs a job's other results beside the archive of its model, and brings all where it belongs.

    Returns:
        The model's URI.

    Raises:
        OSError: the other results could not be packed.
        UserError, PlatformError: S3 did not take them; the sentence says where they are.
    """
    location = results_location(request)
    names = [archive.name, *_pack_data(job, archive.parent)]
    if not is_s3(location):
        return archive.as_uri()
    kms_key = request["OutputDataConfig"].get("KmsKeyId")
    _upload(archive.parent, names, S3Uri.parse(OUTPUT_LOCATION, location), account, kms_key)
    return f"{location}/{archive.name}"


def deliver_data(job: JobFolder, request: Mapping[str, Any], account: Account) -> None:
    """Packs the results of a job that has no model, and brings them where they belong.

    Raises:
        OSError: they could not be packed.
        UserError, PlatformError: S3 did not take them; they are in the job's folder.
    """
    if not _has_data(job):
        return
    location = results_location(request)
    here = job.output if is_s3(location) else Path(location)
    here.mkdir(parents=True, exist_ok=True)
    names = _pack_data(job, here)
    if is_s3(location):
        uri = S3Uri.parse(OUTPUT_LOCATION, location)
        encrypted = encrypted_by(request["OutputDataConfig"].get("KmsKeyId"))
        account.objects.upload([(here / name, uri.join(name)) for name in names], encrypted)


def _has_data(job: JobFolder) -> bool:
    """Returns whether a job has results beside its model."""
    return job.output_data.is_dir() and any(job.output_data.iterdir())


def _pack_data(job: JobFolder, here: Path) -> list[str]:
    """Packs what the job wrote into output/data, if anything; returns the archives' names.

    On this machine the files themselves are laid beside the archive.
    """
    if not _has_data(job):
        return []
    if here != job.output:
        with beside(here / "data") as part:
            shutil.copytree(job.output_data, part)
    with beside(here / RESULTS_ARCHIVE) as part, tarfile.open(part, "w:gz") as archive:
        for path in sorted(job.output_data.iterdir()):
            archive.add(path, path.name)
    return [RESULTS_ARCHIVE]


def _upload(here: Path, names: list[str], uri: S3Uri, account: Account, kms_key: str | None) -> None:
    try:
        account.objects.upload([(here / name, uri.join(name)) for name in names], encrypted_by(kms_key))
    except SemsegError as error:
        kind = UserError if isinstance(error, UserError) else PlatformError
        raise kind(f"{error}; the model is kept in {here / MODEL_ARCHIVE}") from error
    for name in names:
        (here / name).unlink()
