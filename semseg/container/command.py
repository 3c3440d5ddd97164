"""What the commands have in common that do one piece of work on a model and end: export, evaluate, predict.

Exit code 0 means that the work is done; otherwise output/failure, a JSON object with the name of the error's class and
its sentence, says why.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable

from semseg.contract.job_directory import JobDirectory
from semseg.errors import PlatformError, SemsegError
from semseg.plumbing.disk_space import no_room
from semseg.plumbing.json_file import write_public_json
from semseg.training.job_log import JobLog, encodable

Work = Callable[[JobDirectory, JobLog], None]


def run(work: Work, noun: str) -> int:
    """Does the work in the job directory that the environment names, and returns the exit code.

    Args:
        noun: what the work is, for the sentence of an error that nobody foresaw: "the export".
    """
    directory = JobDirectory.from_environment(os.environ)
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING)
    log = JobLog()
    try:
        work(directory, log)
    except SemsegError as error:
        write_failure(directory, error)
        return 1
    except Exception as error:
        log.error(traceback.format_exc())
        reason = no_room(error, directory.root) or f"{noun} failed with {type(error).__name__}: {error}"
        write_failure(directory, PlatformError(reason))
        return 1
    return 0


def write_failure(directory: JobDirectory, error: SemsegError) -> None:
    """Writes output/failure: a JSON object with the name of the error's class and its sentence."""
    directory.output.mkdir(parents=True, exist_ok=True)
    write_public_json(directory.failure, {"error": type(error).__name__, "message": encodable(str(error))})
