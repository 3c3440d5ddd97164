"""The file in which a training job says why it failed."""

from __future__ import annotations

from semseg.contract.job_directory import JobDirectory
from semseg.plumbing.whole_file import write_text
from semseg.training.job_log import encodable

LIMIT = 1024  # characters that SageMaker reads of it


def write_failure(directory: JobDirectory, reason: str) -> None:
    """Writes why the job failed."""
    directory.output.mkdir(parents=True, exist_ok=True)
    write_text(directory.failure, encodable(reason)[:LIMIT])


def write_first_failure(directory: JobDirectory, reason: str) -> bool:
    """Writes why the job failed, unless another of its processes has done so: the first one to fail is the cause.

    Returns:
        Whether this process is the first one.
    """
    directory.output.mkdir(parents=True, exist_ok=True)
    try:
        with directory.failure.open("x", encoding="utf-8") as file:
            file.write(encodable(reason)[:LIMIT])
    except FileExistsError:
        return False
    return True
