"""The process that looks after one training job.

``python -m semseg.local.training.supervisor <job directory> <command ...>`` starts it.

It brings the job's data, runs the command as SageMaker runs a training container, passes a request to stop on to it,
brings its results where they belong, and writes where the job stands. Whoever starts it hands it the job's lock, which
it holds until its end.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Callable

from semseg.archive.model_artifact import complete
from semseg.aws.account import Account
from semseg.contract.channels import FAST_FILE, PIPE
from semseg.contract.environment import BASE_DIR, FACTS_DIR, without_aws
from semseg.contract.failure_reason import may_go_on, may_pass
from semseg.contract.stream_names import StreamOrder
from semseg.errors import SemsegError
from semseg.local.files.channel_files import Content, read_content
from semseg.local.files.downloads import Downloads
from semseg.local.files.input_channels import InputChannel, input_channels
from semseg.local.files.pipe_feeder import PipeFeeder
from semseg.local.files.stream_names import write_names
from semseg.local.jobs.home import Home
from semseg.local.jobs.supervision import Ending, Supervision, look_after
from semseg.local.process.process import end_orphan, ending_of, kill_session, start_leashed_locked
from semseg.local.training.checkpoints import SYNC_SECONDS, CheckpointSync, checkpoint_location
from semseg.local.training.download_log import DownloadLog
from semseg.local.training.event_files import EventSync
from semseg.local.training.folder import TrainingFolder, with_end
from semseg.local.training.rescue import ORPHAN_SECONDS, Kept, keep_best, sweep_job
from semseg.local.training.results import deliver, deliver_data, pack_model
from semseg.local.training.retries import RESTARTING, may_be_retried, most_retries, retry_line
from semseg.plumbing.disk_space import reason_of
from semseg.plumbing.teller import Teller

POLL_SECONDS = 0.1
GRACE_SECONDS = 120.0  # between SIGTERM and SIGKILL, as in SageMaker
GRACE_WITHOUT_DATA_SECONDS = 10.0  # the same where a stream has broken off: nothing more can be trained
STOPPED = "Stopped"
ENDS_WITHOUT_MEMORY = (-9, -6, -11)  # by SIGKILL of the kernel; by SIGABRT or SIGSEGV, as MXNet does
NEEDS_LESS = "; where memory ran out, a lower mini_batch_size or a higher accumulate needs less"
ENDED = "The training process ended with "  # how a reason begins that the process itself did not write
TOO_LONG = "MaxRuntimeExceeded"


class Supervisor(Supervision[TrainingFolder]):
    """Looks after one training job."""

    def __init__(
        self,
        job: TrainingFolder,
        command: Sequence[str],
        grace_seconds: float = GRACE_SECONDS,
        account: Account | None = None,
        sync_seconds: float = SYNC_SECONDS,
        teller: Teller | None = None,
    ) -> None:
        self.account = account or Account()
        super().__init__(job, teller or self.account.teller)
        self.command = command
        self.grace_seconds = grace_seconds
        self.sync_seconds = sync_seconds
        self.channels: list[InputChannel] = []
        self.feeders: list[PipeFeeder] = []
        self.checkpoints: CheckpointSync | None = None
        self.events: EventSync | None = None
        self.archive: Path | None = None  # of the model, once it is packed

    def _work(self) -> Ending:
        self._look_up_channels()
        return self._train() if self._bring_data() else Ending("Stopped", STOPPED)

    def _train(self) -> Ending:
        syncs = [sync for sync in (self.checkpoints, self.events) if sync is not None]
        for sync in syncs:
            sync.start()
        try:
            exit_code, stopped = self._run_training()
        finally:
            for sync in syncs:
                sync.finish()
        return self._conclude(exit_code, stopped)

    def _run_training(self) -> tuple[int, str | None]:
        """Runs the training process, again where the job's RetryStrategy allows it.

        Returns:
            Its last exit code, and the secondary status of a job that was stopped.
        """
        runs_until = time.monotonic() + self.request["StoppingCondition"]["MaxRuntimeInSeconds"] - self._spent()
        while True:
            self._update(secondary_status="Training")
            self._write_names()
            self.feeders = self._new_feeders()
            for feeder in self.feeders:
                feeder.start()
            child = self._start()
            try:
                stopped = self._wait(child, runs_until)
            finally:
                if child.poll() is None:  # an error of our own must not leave it to itself
                    kill_session(child.pid)
                self.log.finish()
            if stopped is not None or not self._is_retried(child.returncode):
                return child.returncode, stopped
            self._end_feeders(seconds=GRACE_WITHOUT_DATA_SECONDS)

    def _spent(self) -> float:
        """Returns for how many seconds this run has been under way under a supervisor that was killed."""
        return time.time() - self.status.started if self.status.retries and self.status.started else 0.0

    def _is_retried(self, exit_code: int) -> bool:
        """Returns whether the training process is to be started again, and makes ready for it."""
        number, most = self.status.retries + 1, most_retries(self.request)
        if number > most or self._broken_stream() is not None:
            return False
        if not may_be_retried(exit_code, written_reason(self.job)):
            return False
        self.teller.line(retry_line(number, most, failure_reason(self.job, exit_code)))
        self._update(secondary_status=RESTARTING, retries=number)
        self.job.failure.unlink(missing_ok=True)
        return end_orphan(self.job.training_lock, ORPHAN_SECONDS)  # processes that it has started

    def _look_up_channels(self) -> None:
        config, mode = self.request["InputDataConfig"], self.request["AlgorithmSpecification"]["TrainingInputMode"]
        self.channels = input_channels(config, self.account, mode)
        self.events = EventSync.of(self.job, self.request, self.account, self.teller, self.sync_seconds)
        location = checkpoint_location(self.request)
        if location is not None:
            self.checkpoints = CheckpointSync(
                self.job.checkpoints, self.job.staging, location, self.account, self.teller, self.sync_seconds
            )

    def _new_feeders(self) -> list[PipeFeeder]:
        read, epochs = self._reader(), self.job.epochs_done()
        return [
            PipeFeeder(self.job.channel(channel.name), channel.samples, read, channel.seed, epochs)
            for channel in self.channels
            if channel.mode == PIPE
        ]

    def _write_names(self) -> None:
        """Tells the training process what the samples of its streams are called."""
        for channel in self.channels:
            if channel.mode == PIPE:
                order = StreamOrder(len(channel.samples), channel.seed, self.job.epochs_done())
                write_names(self.job.stream_names(channel.name), order, channel.shown_samples())

    def _reader(self) -> Callable[[Content], bytes]:
        contents = [part for channel in self.channels for sample in channel.samples for part in sample]
        store = self.account.objects if any(not isinstance(part, os.PathLike) for part in contents) else None
        return lambda content: read_content(content, store)

    def _bring_data(self) -> bool:
        """Downloads what the job reads as files, and earlier checkpoints; returns False where it was stopped."""
        self._update(secondary_status="Downloading", started=self.status.started or time.time())
        failures: list[Exception] = []
        thread = threading.Thread(target=self._download, args=(failures,), name="downloads", daemon=True)
        thread.start()
        while not self._is_stopped():
            thread.join(POLL_SECONDS)
            if not thread.is_alive():
                if failures:
                    raise failures[0]
                return True
        return False  # what is on its way ends with this process, and is never seen half

    def _download(self, failures: list[Exception]) -> None:
        try:
            if self.checkpoints is not None:
                self.checkpoints.restore()
            self._download_channels([channel for channel in self.channels if channel.is_downloaded])
        except Exception as error:
            failures.append(error)

    def _download_channels(self, channels: Sequence[InputChannel]) -> None:
        if not channels:
            return
        objects = [file.stored for channel in channels for file in channel.files]
        log = DownloadLog(len(objects), sum(stored.size for stored in objects), self.teller)
        home = Home.of_job(self.job.root)
        paths = iter(Downloads(home.downloads, self.account.objects).fetch(objects, log.add))
        log.finish()
        for channel in channels:
            channel.lay_downloads_into(self.job, [next(paths) for _ in channel.files])

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {
            "PYTHONUNBUFFERED": "1",  # so that its lines are in the log as they come
            **(os.environ if self._trains_from_s3() else without_aws(os.environ)),
            FACTS_DIR.name: str(Home.of_job(self.job.root).facts),
            **self.request["Environment"],
            BASE_DIR.name: str(self.job.root),
            "TRAINING_JOB_NAME": self.request["TrainingJobName"],
        }
        return start_leashed_locked(self.command, environment, self.log, self.job.training_lock)

    def _trains_from_s3(self) -> bool:
        """Returns whether the training process itself reads from S3, which is so in FastFile mode alone."""
        return any(channel.mode == FAST_FILE for channel in self.channels)

    def _wait(self, child: subprocess.Popen[bytes], runs_until: float) -> str | None:
        """Waits for the child's end; returns the secondary status of a job that was stopped, None where it was not."""
        stopped, kill_at = None, float("inf")
        while True:
            try:
                child.wait(POLL_SECONDS)
                return stopped
            except subprocess.TimeoutExpired:
                if stopped is None:
                    stopped = self._reason_to_stop(runs_until)
                    if stopped:
                        self._mark_stopping()
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

    def _conclude(self, exit_code: int, stopped: str | None) -> Ending:
        broken = self._broken_stream()
        if broken is not None and stopped is None:
            return self._failed(broken)
        if exit_code != 0 and stopped is None:
            return self._failed(failure_reason(self.job, exit_code))
        self._update(secondary_status="Uploading")
        if stopped is not None and not complete(self.job.model):  # killed after the grace, it wrote no last parameters
            self._deliver_data()
            return Ending("Stopped", stopped)  # before there was a whole model
        self.archive = pack_model(self.job, self.request)
        model_data = deliver(self.job, self.request, self.archive, self.account)
        if stopped is not None:
            return Ending("Stopped", stopped, model_data=model_data)
        self.job.keep_newest_checkpoint()
        return Ending("Completed", model_data=model_data)

    def _failed(self, reason: str) -> Ending:
        """Returns the end of a job that failed, with the best model so far, and with the way to resume the job."""
        kept = Kept(self.archive) if self.archive is not None else keep_best(self.job, self.request)
        model_data = kept.archive.as_uri() if kept.archive is not None else None
        if kept.archive is not None and self.archive is None:
            model_data = self._delivered(kept.archive)
        elif kept.archive is None:
            self._deliver_data()
        way_on = f"; {self.job.way_on()}" if self._may_be_resumed(reason) else ""
        return Ending("Failed", failure_reason=with_end(reason, kept.sentence + way_on), model_data=model_data)

    def _may_be_resumed(self, reason: str) -> bool:
        """Returns whether a job that failed for this reason may come further: without a checkpoint only where neither
        its input nor its settings are at fault.
        """
        if self.job.checkpoint_names():
            return may_go_on(reason)
        return may_pass(reason) or reason.startswith(ENDED)

    def _delivered(self, archive: Path) -> str:
        """Returns the URI of a failed job's model, once it is where it belongs; where it is if that cannot be."""
        try:
            return deliver(self.job, self.request, archive, self.account)
        except (SemsegError, OSError) as error:
            self.teller.line(str(error))
            return archive.as_uri()

    def _deliver_data(self) -> None:
        """Brings the results of a job without a model where they belong; that they cannot be is only told."""
        try:
            deliver_data(self.job, self.request, self.account)
        except (SemsegError, OSError) as error:
            with suppress(OSError):  # the log lies on the same disk, which may be full
                self.teller.line(f"Results stay in {self.job.output_data}: {reason_of(error, self.job.root)}")

    def _tidy(self) -> None:
        """Removes what lay in the job's folder only for the training process to read."""
        self._end_feeders(seconds=POLL_SECONDS)
        for channel in self.channels:
            if channel.is_downloaded:
                shutil.rmtree(self.job.channel(channel.name), ignore_errors=True)
        sweep_job(self.job)

    def _end_feeders(self, seconds: float) -> None:
        """Ends the streams, and waits for the end of each for so many seconds."""
        self._close_feeders()
        for feeder in self.feeders:
            feeder.join(seconds)


def failure_reason(job: TrainingFolder, exit_code: int) -> str:
    """Returns what the training process wrote about its failure, else how it ended and the last line it printed."""
    hint = NEEDS_LESS if exit_code in ENDS_WITHOUT_MEMORY else ""
    return written_reason(job) or f"{ENDED}{ending_of(exit_code, job.log)}{hint}"


def written_reason(job: TrainingFolder) -> str:
    """Returns what the training process wrote about its failure, empty if nothing."""
    return job.failure.read_text(encoding="utf-8", errors="replace").strip() if job.failure.is_file() else ""


def main() -> None:
    directory, *command = sys.argv[1:]
    look_after(Supervisor(TrainingFolder(directory), command))


if __name__ == "__main__":
    main()
