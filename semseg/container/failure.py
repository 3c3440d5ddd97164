"""The file in which a training job says why it failed."""

from __future__ import annotations

from pathlib import Path

from semseg.contract.failure_reason import BROKE_DOWN
from semseg.contract.job_directory import JobDirectory
from semseg.contract.problems import shortened
from semseg.engines.out_of_memory import OutOfMemory, is_out_of_memory
from semseg.errors import SemsegError
from semseg.plumbing.disk_space import no_room
from semseg.plumbing.whole_file import write_text
from semseg.training.job_log import encodable

LIMIT = 1024  # characters that SageMaker reads of it


def reason_of(error: Exception, place: Path) -> str:
    """Returns why a job failed, as the failure file has it.

    Args:
        place: the folder that the job writes to.
    """
    if isinstance(error, OutOfMemory):
        return f"{BROKE_DOWN}too little memory: {error}"
    if isinstance(error, SemsegError):
        return str(error)
    return no_room(error, place) or f"{BROKE_DOWN}{_own_words(error)}"


def _own_words(error: Exception) -> str:
    """Returns what an error of the algorithm says, in one line: engines put tracebacks of their own before that."""
    lines = str(error).strip().splitlines() or [""]
    last = lines[-1] if "Traceback" in lines[0] else lines[0]
    name = type(error).__name__
    said = last.strip() if last.strip().startswith(f"{name}:") else f"{name}: {last.strip()}"
    if is_out_of_memory(error):
        return f"too little memory ({said}): a smaller mini_batch_size or crop_size, or a larger accumulate, needs less"
    return said


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
    return shortened(encodable(reason), LIMIT - len(ending)) + ending
