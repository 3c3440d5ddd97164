"""A training job that has ended, and goes on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from semseg.archive.model_artifact import TRAINED
from semseg.contract.hyperparameters import check_values
from semseg.errors import PlatformError, UserError
from semseg.local.jobs.job_folder import JobStatus
from semseg.local.process.process import end_orphan
from semseg.local.training.folder import EPOCHS, TrainingFolder
from semseg.local.training.rescue import ORPHAN_SECONDS, sweep_job
from semseg.local.training.retries import RESTARTING, most_retries, retry_line
from semseg.plumbing.json_file import read_object, write_json


class Resumption:
    """Lets a job go on, in its own folder and under its own name; the caller holds the job's lock.

    Args:
        job: has ended.
        epochs: how many it is to train in all; None means as many as before.

    Attributes:
        request: the job's, with so many epochs.

    Raises:
        UserError: there is nothing to be done for so many epochs.
    """

    def __init__(self, job: TrainingFolder, epochs: int | None = None) -> None:
        self.job = job
        self.request = read_object(job.request)
        written = job.written_status()
        self._status = written if written.is_final else job.failed_of(written)
        if epochs is not None:
            self._ask_for(epochs)
        if self._status.status == "Completed":
            self._check_completed(epochs)

    def begin(self, request: Mapping[str, Any], lay_out: Callable[[], None]) -> str:
        """Makes the job's folder ready for a supervisor, and returns the sentence that says where the job goes on.

        Args:
            request: with checked locations.
            lay_out: lays the input into the folder.

        Raises:
            PlatformError: its last training process cannot be ended.
            OSError: the folder cannot be written to.
        """
        _clear(self.job)
        lay_out()
        write_json(self.job.request, request)
        sentence = self._sentence()
        _tell(self.job.log, sentence)
        self.job.keep_reserve()
        self.job.write_status(self._started())
        return sentence

    def _sentence(self) -> str:
        """Returns what the log says of it."""
        name, reached = self.job.root.name, self.job.reached()
        if reached is None:
            return f"Training job {name} has no checkpoint to go on from: it begins anew."
        return f"Training job {name} goes on after {reached}."

    def _started(self) -> JobStatus:
        before = self._status
        latest = (before.ended or 0.0) - before.started if before.started else 0.0
        return JobStatus(
            "InProgress",
            "Starting",
            before.created,
            model_data=before.model_data,
            earlier_seconds=before.earlier_seconds + max(0.0, latest),
        )

    def _ask_for(self, epochs: int) -> None:
        check_values({EPOCHS: epochs})
        if self.job.has_time_budget():
            raise UserError(
                f"epochs must be left out for training job {self.job.root.name!r}, which trains until its time_budget "
                f"is spent, got {epochs}"
            )
        before = self.job.epochs_asked()
        if epochs < before:
            raise UserError(
                f"epochs must be at least {before}, as many as training job {self.job.root.name!r} was asked for "
                f"before, got {epochs}"
            )
        self.request["HyperParameters"] = {**self.request["HyperParameters"], EPOCHS: str(epochs)}

    def _check_completed(self, epochs: int | None) -> None:
        before, noun = self.job.epochs_asked(), f"training job {self.job.root.name!r}"
        if self.job.has_time_budget():
            raise UserError(
                f"{noun} is Completed, and its time_budget is spent: fit a new job whose model_uri is the model_data "
                f"of this one"
            )
        if epochs is None or epochs == before:
            raise UserError(
                f"{noun} is Completed, with all that it was asked for: ask for more than {before} epochs, as in "
                f"resume(epochs={2 * before})"
            )
        if not self.job.checkpoint_names():
            raise UserError(
                f"{noun} is Completed and has no checkpoint to go on from, as jobs had none before version 0.4.0: fit "
                f"a new job whose model_uri is the model_data of this one"
            )


class Retry(Resumption):
    """The next start of a job whose supervisor was killed, within the same run: its times and its log go on."""

    def _sentence(self) -> str:
        return retry_line(
            self._status.retries + 1, most_retries(self.request), "the process that looked after the job was killed"
        )

    def _started(self) -> JobStatus:
        written = self.job.written_status()
        return replace(written, status="InProgress", secondary_status=RESTARTING, retries=written.retries + 1)


def _clear(job: TrainingFolder) -> None:
    """Removes from a job's folder what was of its last run alone."""
    if not end_orphan(job.training_lock, ORPHAN_SECONDS):
        raise PlatformError(
            f"training job {job.root.name!r} must have ended before it is resumed, and its training process, whose id "
            f"is in {job.training_lock}, still runs: end that process"
        )
    sweep_job(job)
    for path in (job.stop_request, job.failure, job.progress):
        path.unlink(missing_ok=True)
    shutil.rmtree(job.input_data, ignore_errors=True)
    shutil.rmtree(job.output_data, ignore_errors=True)  # of a model that will be another one
    for path in job.model.glob("*"):
        if path.name not in TRAINED:
            path.unlink()  # exported forms and checksums, as well


def _tell(log: Path, sentence: str) -> None:
    """Adds a line to a log, which may end within one."""
    with log.open("ab+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            sentence = sentence if file.read(1) == b"\n" else f"\n{sentence}"
        file.write(f"{sentence}\n".encode())
