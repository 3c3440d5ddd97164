"""The process that looks after one training job.

``python -m semseg.local.training.supervisor <job directory> <command ...>`` starts it.

It brings the job's data, runs the command as SageMaker runs a training container, passes a request to stop on to it,
brings its results where they belong, and writes where the job stands. Whoever starts it hands it the job's lock, which
it holds until its end.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from semseg.aws.account import Account
from semseg.contract.environment import BASE_DIR
from semseg.errors import ModelError, SemsegError
from semseg.local.files.channel_files import Content, read_content
from semseg.local.files.downloads import Downloads
from semseg.local.files.input_channels import InputChannel, input_channels
from semseg.local.files.pipe_feeder import PipeFeeder
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import JobFolder, inner_failure
from semseg.local.process.download_log import DownloadLog
from semseg.local.process.leash import leashed
from semseg.local.process.process import kill_session, last_line
from semseg.local.training.checkpoints import SYNC_SECONDS, Checkpoints, checkpoint_location
from semseg.local.training.results import MODEL, deliver
from semseg.plumbing.json_file import read_json

POLL_SECONDS = 0.1
GRACE_SECONDS = 120.0  # between SIGTERM and SIGKILL, as in SageMaker
GRACE_WITHOUT_DATA_SECONDS = 10.0  # the same where a stream has broken off: nothing more can be trained
LONGEST_FAILURE_REASON = 1024  # characters
STOPPED = "Stopped"
TOO_LONG = "MaxRuntimeExceeded"


class Supervisor:
    """Looks after one job from its start to its end."""

    def __init__(
        self,
        job: JobFolder,
        command: Sequence[str],
        grace_seconds: float = GRACE_SECONDS,
        account: Account | None = None,
        sync_seconds: float = SYNC_SECONDS,
    ) -> None:
        self.job = job
        self.command = command
        self.grace_seconds = grace_seconds
        self.account = account or Account()
        self.sync_seconds = sync_seconds
        self.request: dict[str, Any] = read_json(job.request)
        self.status = job.read_status()
        self.channels: list[InputChannel] = []
        self.feeders: list[PipeFeeder] = []
        self.checkpoints: Checkpoints | None = None

    def run(self) -> None:
        """Train, deliver the model, and write the end. SIGTERM to this process asks the job to stop."""
        signal.signal(signal.SIGTERM, lambda *_: self.job.stop_request.touch())
        try:
            self._look_up_channels()
            if not self._bring_data():
                self._end("Stopped", STOPPED)
                return
            self._train()
        except (SemsegError, OSError) as error:
            self._fail(str(error))
        except Exception as error:
            self._fail(inner_failure(error, self.job.log))
        finally:
            self._tidy()

    def _train(self) -> None:
        self._update(secondary_status="Training")
        for feeder in self.feeders:
            feeder.start()
        child = self._start()
        if self.checkpoints is not None:
            self.checkpoints.start()
        try:
            stopped = self._wait(child)
        finally:
            if self.checkpoints is not None:
                self.checkpoints.finish()
        self._conclude(child.returncode, stopped)

    def _look_up_channels(self) -> None:
        config, mode = self.request["InputDataConfig"], self.request["AlgorithmSpecification"]["TrainingInputMode"]
        self.channels = input_channels(config, self.account, mode)
        location = checkpoint_location(self.request)
        if location is not None:
            staging = self.job.root / ".checkpoints"
            self.checkpoints = Checkpoints(self.job.checkpoints, staging, location, self.account, self.sync_seconds)
        read = self._reader()
        self.feeders = [
            PipeFeeder(self.job.channel(channel.name), channel.samples, read, channel.seed)
            for channel in self.channels
            if channel.mode == "Pipe"
        ]

    def _reader(self) -> Any:
        contents = [part for channel in self.channels for sample in channel.samples for part in sample]
        store = self.account.objects if any(not isinstance(part, os.PathLike) for part in contents) else None

        def read(content: Content) -> bytes:
            return read_content(content, store)

        return read

    def _bring_data(self) -> bool:
        """Download what the job reads as files, and earlier checkpoints; whether it was not stopped meanwhile."""
        self._update(secondary_status="Downloading", started=time.time())
        failures: list[Exception] = []
        thread = threading.Thread(target=self._download, args=(failures,), name="downloads", daemon=True)
        thread.start()
        while thread.is_alive():
            if self.job.stop_request.exists():
                self._update(status="Stopping", secondary_status="Stopping")
                return False  # what is on its way ends with this process, and is never seen half
            thread.join(POLL_SECONDS)
        if failures:
            raise failures[0]
        return True

    def _download(self, failures: list[Exception]) -> None:
        try:
            if self.checkpoints is not None:
                self._restore(self.checkpoints)
            self._download_channels([channel for channel in self.channels if channel.is_downloaded])
        except Exception as error:
            failures.append(error)

    def _restore(self, checkpoints: Checkpoints) -> None:
        name = checkpoints.restore() or "no whole checkpoint"
        print(f"Found {name} in {checkpoints.location}.", flush=True)

    def _download_channels(self, channels: Sequence[InputChannel]) -> None:
        if not channels:
            return
        objects = [file.stored for channel in channels for file in channel.files]
        log = DownloadLog(len(objects), sum(stored.size for stored in objects))
        home = Home(self.job.root.parents[1])
        paths = iter(Downloads(home.downloads, self.account.objects).fetch(objects, log.add))
        log.finish()
        for channel in channels:
            channel.lay_downloads_into(self.job, [next(paths) for _ in channel.files])

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {
            "PYTHONUNBUFFERED": "1",  # so that its lines are in the log as they come
            **os.environ,
            **self.request["Environment"],
            BASE_DIR.name: str(self.job.root),
            "TRAINING_JOB_NAME": self.request["TrainingJobName"],
        }
        with self.job.log.open("ab") as log:
            return subprocess.Popen(
                leashed(list(self.command)),
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
                if self._broken_stream() is not None and kill_at == float("inf"):
                    child.terminate()
                    kill_at = time.monotonic() + min(self.grace_seconds, GRACE_WITHOUT_DATA_SECONDS)
                    self._close_feeders()  # only now: its end must not be taken for the end of a pass
                if time.monotonic() > kill_at:
                    kill_session(child.pid)

    def _broken_stream(self) -> str | None:
        return next((feeder.failure for feeder in self.feeders if feeder.failure is not None), None)

    def _close_feeders(self) -> None:
        for feeder in self.feeders:
            feeder.close()

    def _reason_to_stop(self, runs_until: float) -> str | None:
        if self.job.stop_request.exists():
            return STOPPED
        return TOO_LONG if time.monotonic() > runs_until else None

    def _conclude(self, exit_code: int, stopped: str | None) -> None:
        broken = self._broken_stream()
        if broken is not None and stopped is None:
            self._fail(broken)
            return
        if exit_code != 0 and stopped is None:
            self._fail(failure_reason(self.job, exit_code))
            return
        self._update(secondary_status="Uploading")
        try:
            model_data = deliver(self.job, self.request, self.account)
        except ModelError:
            if stopped is None:
                raise
            self._end("Stopped", stopped)  # before there was a whole model
            return
        self._end(*(("Completed", "Completed") if stopped is None else ("Stopped", stopped)), model_data=model_data)

    def _fail(self, reason: str) -> None:
        """The end of a job that failed; its model is named where it was made and could not be brought away."""
        archive = self.job.output / MODEL
        changes = {"model_data": archive.as_uri()} if archive.is_file() else {}
        self._end("Failed", "Failed", failure_reason=reason[:LONGEST_FAILURE_REASON], **changes)

    def _tidy(self) -> None:
        """Remove what lay in the job's folder only for the training process to read."""
        self._close_feeders()
        for feeder in self.feeders:
            feeder.join(POLL_SECONDS)
        for channel in self.channels:
            if channel.is_downloaded:
                shutil.rmtree(self.job.channel(channel.name), ignore_errors=True)
        shutil.rmtree(self.job.root / ".checkpoints", ignore_errors=True)

    def _update(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)
        self.job.write_status(self.status)

    def _end(self, status: str, secondary_status: str, **changes: Any) -> None:
        self._update(status=status, secondary_status=secondary_status, ended=time.time(), **changes)


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
    sys.stdout.flush()
    os._exit(0)  # no thread that still waits for S3 holds up the end


if __name__ == "__main__":
    main()
