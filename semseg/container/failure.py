"""The file in which a training job says why it failed."""

from __future__ import annotations

from semseg.contract.job_directory import JobDirectory
from semseg.plumbing.whole_file import write_text
from semseg.training.job_log import encodable

LIMIT = 1024  # characters that SageMaker reads of it


def write_failure(directory: JobDirectory, reason: str, ending: str = "") -> None:
    """Writes why the job failed; ``ending`` follows the reason, however long that is."""
    directory.output.mkdir(parents=True, exist_ok=True)
    write_text(directory.failure, _fitting(reason, ending))


def write_first_failure(directory: JobDirectory, reason: str, ending: str = "") -> bool:
    """Writes why the job failed, unless another of its processes has done so: the first one to fail is the cause.

    Returns:
        Whether this process is the first one.
    """
    directory.output.mkdir(parents=True, exist_ok=True)
    try:
        with directory.failure.open("x", encoding="utf-8") as file:
            file.write(_fitting(reason, ending))
    except FileExistsError:
        return False
    return True


def end_failure_with(directory: JobDirectory, ending: str) -> None:
    """Adds an ending to why the job failed, unless it is there already."""
    reason = directory.failure.read_text(encoding="utf-8")
    if not reason.endswith(ending):
        write_failure(directory, reason, ending)


def _fitting(reason: str, ending: str) -> str:
    return encodable(reason)[: LIMIT - len(ending)] + ending
