"""The process that looks after one training job: ``python -m semseg.local.supervisor <job directory> <command ...>``.

It runs the command as SageMaker runs a training container, passes a request to stop on to it, packs its model, and
writes where the job stands. Whoever starts it hands it the job's lock, which it holds until its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semseg.contract.job_directory import BASE_DIR_VARIABLE
from semseg.contract.model_artifact import pack
from semseg.errors import ModelError, SemsegError
from semseg.local.job_folder import JobFolder
from semseg.local.json_file import read_json
from semseg.local.locations import local_path
from semseg.local.process import kill_session, last_line

POLL_SECONDS = 0.1
GRACE_SECONDS = 120.0  # between SIGTERM and SIGKILL, as in SageMaker
LONGEST_FAILURE_REASON = 1024  # characters
STOPPED = "Stopped"
TOO_LONG = "MaxRuntimeExceeded"


class Supervisor:
    """Looks after one job from its start to its end."""

    def __init__(self, job: JobFolder, command: Sequence[str], grace_seconds: float = GRACE_SECONDS) -> None:
        self.job = job
        self.command = command
        self.grace_seconds = grace_seconds
        self.request: dict[str, Any] = read_json(job.request)
        self.status = job.read_status()

    def run(self) -> None:
        """Train, pack the model, and write the end. SIGTERM to this process asks the job to stop."""
        signal.signal(signal.SIGTERM, lambda *_: self.job.stop_request.touch())
        try:
            self._update(secondary_status="Training", started=time.time())
            child = self._start()
            stopped = self._wait(child)
            self._conclude(child.returncode, stopped)
        except (SemsegError, OSError) as error:
            self._end("Failed", "Failed", failure_reason=str(error))

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {
            "PYTHONUNBUFFERED": "1",  # so that its lines are in the log as they come
            **os.environ,
            **self.request["Environment"],
            BASE_DIR_VARIABLE: str(self.job.root),
            "TRAINING_JOB_NAME": self.request["TrainingJobName"],
        }
        with self.job.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait(self, child: subprocess.Popen[bytes]) -> str | None:
        """Wait for the child's end; the secondary status that a stopped job ends with, None where it was not."""
        runs_until = time.monotonic() + self.request["StoppingCondition"]["MaxRuntimeInSeconds"]
        stopped, kill_at = None, float("inf")
        while True:
            try:
                child.wait(POLL_SECONDS)
                return stopped
            except subprocess.TimeoutExpired:
                if stopped is None:
                    stopped = self._reason_to_stop(runs_until)
                    if stopped:
                        self._update(status="Stopping", secondary_status="Stopping")
                        child.terminate()
                        kill_at = time.monotonic() + self.grace_seconds
                elif time.monotonic() > kill_at:
                    kill_session(child.pid)

    def _reason_to_stop(self, runs_until: float) -> str | None:
        if self.job.stop_request.exists():
            return STOPPED
        return TOO_LONG if time.monotonic() > runs_until else None

    def _conclude(self, exit_code: int, stopped: str | None) -> None:
        if exit_code != 0 and stopped is None:
            self._end("Failed", "Failed", failure_reason=failure_reason(self.job, exit_code))
            return
        self._update(secondary_status="Uploading")
        if stopped is None:
            self._end("Completed", "Completed", model_data=self._upload())
            return
        try:
            self._end("Stopped", stopped, model_data=self._upload())
        except ModelError:  # stopped before there was a whole model
            self._end("Stopped", stopped)

    def _upload(self) -> str:
        """Pack the model and lay the other results, ``data``, beside it; the archive's file:// URI."""
        archive = archive_path(self.request)
        archive.parent.mkdir(parents=True, exist_ok=True)
        results = archive.parent / "data"
        if self.job.output_data.is_dir() and results != self.job.output_data:
            shutil.copytree(self.job.output_data, results)
        pack(self.job.model, archive)
        shutil.rmtree(self.job.model)  # all of it is in the archive
        return archive.as_uri()

    def _update(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)
        self.job.write_status(self.status)

    def _end(self, status: str, secondary_status: str, **changes: Any) -> None:
        self._update(status=status, secondary_status=secondary_status, ended=time.time(), **changes)


def archive_path(request: dict[str, Any]) -> Path:
    """Where the model of a request ends up: ``<output path>/<job name>/output/model.tar.gz``."""
    output = local_path("output_path", request["OutputDataConfig"]["S3OutputPath"])
    return output / request["TrainingJobName"] / "output" / "model.tar.gz"


def failure_reason(job: JobFolder, exit_code: int) -> str:
    """What the training process wrote about its failure, else how it ended and the last line that it printed."""
    if job.failure.is_file():
        written = job.failure.read_text(encoding="utf-8", errors="replace").strip()
        if written:
            return written[:LONGEST_FAILURE_REASON]
    how = f"exit code {exit_code}" if exit_code > 0 else f"signal {-exit_code} ({signal.strsignal(-exit_code)})"
    last = last_line(job.log) or "none"
    return f"The training process ended with {how}; the last line of its log: {last}"[:LONGEST_FAILURE_REASON]


def main() -> None:
    directory, *command = sys.argv[1:]
    Supervisor(JobFolder(directory), command).run()


if __name__ == "__main__":
    main()
