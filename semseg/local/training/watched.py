"""What is known of a training job that is followed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Callable

from semseg.contract.job_progress import TRAINING, JobProgress
from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.process.progress_bar import Position
from semseg.local.training.epoch_table import scored_on
from semseg.local.training.history import TrainingHistory
from semseg.plumbing.counted import duration


@dataclass
class WatchedJob:
    """One job as far as its log and its progress have been read.

    Attributes:
        position: what the log tells where there is no progress, as of a job of version 0.3 or one that downloads.
        status: how the job ended; None before.
    """

    folder: JobFolder
    clock: Callable[[], float] = time.time
    history: TrainingHistory = field(default_factory=TrainingHistory)
    progress: JobProgress | None = None
    position: Position | None = None
    status: JobStatus | None = None

    @property
    def name(self) -> str:
        """The job's name."""
        return self.folder.root.name

    @property
    def is_complete(self) -> bool:
        """Whether all was done."""
        return self.status is not None and self.status.status == "Completed"

    def place(self) -> Position:
        """Returns how far the job is; a job that is complete is at the end."""
        if self.progress is None or not self.progress.iterations_in_all:
            place = self.position or Position(0)
        else:
            place = Position(self.progress.iterations_done, self.progress.iterations_in_all, "iteration")
        return Position(place.total, place.total, place.unit) if self.is_complete and place.total else place

    def note(self) -> str:
        """Returns the epoch, what is done in it, the time left, loss and mIOU, as far as they are known."""
        parts = [self._epoch(), self._phase(), self._time_left(), self._loss(), self._score()]
        return ", ".join(part for part in parts if part)

    def _epoch(self) -> str:
        job = self.progress
        if job is None or not job.epochs:
            return ""
        under_way = job.epoch + (job.phase == TRAINING and not self.is_complete)
        return f"epoch {min(max(1, under_way), job.epochs)}/{job.epochs}"

    def _phase(self) -> str:
        if self.status is not None:
            return "" if self.is_complete else self.status.status
        return self.progress.phase if self.progress is not None and self.progress.phase != TRAINING else ""

    def _loss(self) -> str:
        loss = self.progress.loss if self.progress is not None else None
        if loss is None and self.history.epochs:
            loss = self.history.epochs[-1].loss
        return "" if loss is None else f"loss {loss:.3f}"

    def _score(self) -> str:
        best = self.history.best
        score = self.progress.best_mean_iou if self.progress is not None else None
        if score is None and best is not None:
            score = best.mean_iou
        of = scored_on(self.progress)
        return "" if score is None else f"best mIOU {score:.3f}{f' of {of}' if of else ''}"

    def _time_left(self) -> str:
        job = self.progress
        if job is None or job.seconds_left is None or self.status is not None:
            return ""
        return f"{duration(job.seconds_left - (self.clock() - job.written))} left"
