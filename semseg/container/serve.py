"""Serves the model that lies in the job directory: ``python -m semseg.container.serve``."""

from __future__ import annotations

import contextlib
import logging
import os
import sys

from semseg.container import loading
from semseg.contract.job_directory import JobDirectory
from semseg.errors import SemsegError
from semseg.machine.facts import usable_cores
from semseg.machine.posix import check_posix
from semseg.machine.python_command import python_command
from semseg.plumbing.rotating_log import RotatingLog
from semseg.serving.engine_starter import EngineStarter, environment_of_engines
from semseg.serving.limits import Limits
from semseg.serving.process_end import end_process

ENGINE_COMMAND = python_command("semseg.container.run_engine")


def main() -> int:
    """Serves the model, and returns the exit code: 0 after SIGTERM or SIGINT, 1 after a failure, which standard error
    says in one sentence.
    """
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        check_posix()
        loading.check(JobDirectory.from_environment(os.environ), os.environ)
        reading = loading.picture_reading(JobDirectory.from_environment(os.environ).model)
        limits = Limits.from_environment(os.environ)
        log = own_log(JobDirectory.from_environment(os.environ))
        starter = EngineStarter(ENGINE_COMMAND, environment_of_engines(os.environ, limits, usable_cores()), log)
        starter.start_ahead()  # the engine loads while the HTTP server is imported
        # Not at the top: without the engine's extra the HTTP server is missing too, and loading.check says what to do.
        from semseg.serving.server import serve

        serve(starter, os.environ, reading)
    except SemsegError as error:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
        print(error, file=sys.stderr)
        return 1
    return 0


def own_log(directory: JobDirectory) -> RotatingLog | None:
    """Returns the log that this process prints into, which is watched from now on; None where somebody else does."""
    log = RotatingLog(directory.log)
    if not log.is_output():
        return None
    log.watch()
    return log


if __name__ == "__main__":
    end_process(main())
