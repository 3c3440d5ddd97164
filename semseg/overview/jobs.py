"""Training jobs of this machine as people look at them: a row for each, and all that is known of one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semseg.contract.job_progress import JobProgress
from semseg.errors import PlatformError
from semseg.local.jobs.job_folder import JobStatus
from semseg.local.jobs.moment import moment
from semseg.local.process.log_follower import LogFollower
from semseg.local.session import LocalSession
from semseg.local.training.epoch_page import text
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.history import Epoch, TrainingHistory
from semseg.local.training.watch import read_progress
from semseg.local.training.watched import WatchedJob

if TYPE_CHECKING:
    from semseg.results.evaluation import Evaluation

WHOLE_PICTURES = "whole pictures"


@dataclass(frozen=True)
class JobRow:
    """A training job in a list.

    Attributes:
        name: of the job.
        status: InProgress, Stopping, Completed, Stopped or Failed.
        phase: what a job that runs does now, such as "training"; "" where it does nothing, or has not told.
        epoch: how many epochs are over.
        epochs: how many it has; 0 where that is not known.
        mean_iou: of its best model, 0 to 1; None before the first score.
        scored_on: what that was measured on: "crops" or "whole pictures"; "" without a score.
        created: when, an aware datetime in UTC.
        seconds: that it has trained so far; None before it began.
    """

    name: str
    status: str
    phase: str
    epoch: int
    epochs: int
    mean_iou: float | None
    scored_on: str
    created: datetime
    seconds: float | None


@dataclass(frozen=True)
class JobDetail:
    """All that is known of a training job.

    Attributes:
        row: as it stands in the list.
        description: shaped as the API's DescribeTrainingJob.
        progress: what it is, and how far; None where it has not told.
        epochs: that are over, as its log tells.
        warnings: of its log, each once.
        evaluation: of its best model; None where there is none that can be read.
        folder: of the job.
        report: the path of report.html; None where there is none.
        text: the job as lines for people: what it is, how far, warnings, epochs, its end.
    """

    row: JobRow
    description: dict[str, Any]
    progress: JobProgress | None
    epochs: tuple[Epoch, ...]
    warnings: tuple[str, ...]
    evaluation: Evaluation | None
    folder: Path
    report: Path | None
    text: str


def job_rows(session: LocalSession) -> list[JobRow]:
    """Returns a row for each training job of this machine, the newest first; no log is read.

    What cannot be read as a job is left out.
    """
    rows = [_row(folder, status) for folder, status in session.jobs.standing()]
    return sorted(rows, key=lambda row: (row.created, row.name), reverse=True)


def job_detail(session: LocalSession, name: str) -> JobDetail:
    """Returns all that is known of a training job of this machine.

    Raises:
        UserError: there is no such job.
        PlatformError: a file of it cannot be read.
    """
    description = session.describe_training_job(name)
    folder = session.jobs.folder(name)
    status = folder.read_status()
    job = WatchedJob(folder, history=_history(folder), progress=read_progress(folder))
    job.status = status if status.is_final else None
    return JobDetail(
        _row(folder, status),
        description,
        job.progress,
        tuple(job.history.epochs),
        tuple(job.history.warnings),
        _evaluation(folder),
        folder.root,
        _report(folder),
        text(job, ()),
    )


def log_lines(session: LocalSession, name: str, follow: bool = False) -> Iterator[str]:
    """Yields the lines of a job's log, without line ends.

    Args:
        follow: go on until the job has ended.

    Raises:
        UserError: there is no such job.
    """
    folder = session.jobs.folder(name)
    return LogFollower(folder.log, lambda: not follow or folder.read_status().is_final).lines()


def _history(folder: TrainingFolder) -> TrainingHistory:
    history = TrainingHistory()
    for line in LogFollower(folder.log, lambda: True).lines():
        history.read(line)
    history.finish()
    return history


def _evaluation(folder: TrainingFolder) -> Evaluation | None:
    # not at the top: who lists jobs needs no numpy
    from semseg.results.evaluation import EVALUATION, Evaluation

    with contextlib.suppress(OSError, PlatformError):  # it is not there yet, or somebody else has written it
        return Evaluation.from_file(folder.output_data / EVALUATION)
    return None


def _report(folder: TrainingFolder) -> Path | None:
    from semseg.results.report import REPORT  # not at the top: it needs Pillow

    path = folder.output_data / REPORT
    return path if path.is_file() else None


def _row(folder: TrainingFolder, status: JobStatus) -> JobRow:
    progress = read_progress(folder) or JobProgress()
    whole = progress.whole_mean_iou
    mean_iou = progress.best_mean_iou if whole is None else whole
    scored_on = progress.scored_on if whole is None else WHOLE_PICTURES
    return JobRow(
        folder.root.name,
        status.status,
        "" if status.is_final else progress.phase,
        progress.epoch,
        progress.epochs,
        mean_iou,
        "" if mean_iou is None else scored_on,
        moment(status.created),
        _seconds(status),
    )


def _seconds(status: JobStatus) -> float | None:
    if status.started is None:
        return None
    return status.earlier_seconds + max(0.0, (status.ended or time.time()) - status.started)
