"""The epochs of a training job as lines of text, and the sentences before and after them."""

from __future__ import annotations

from pathlib import Path

from semseg.contract.job_progress import JobProgress
from semseg.contract.s3_uri import is_s3
from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.training.history import Epoch
from semseg.local.training.results import results_location
from semseg.plumbing.counted import counted, duration
from semseg.plumbing.json_file import read_object

MISSING = "-"
BEST = "best"
NARROWEST = 7  # characters of a column


def start_line(name: str, job: JobProgress) -> str:
    """Returns what a job is: its name, network, engine, classes, pictures and length."""
    pictures = f"{job.training_pictures or 'streamed'} training and {job.validation_pictures or 'streamed'} validation "
    length = f"{counted(job.epochs, 'epoch')} of {counted(job.iterations_per_epoch, 'iteration')}"
    return (
        f"{name}: {job.network}, {job.engine}; {counted(job.classes, 'class', 'classes')}, {pictures}"
        f"{'picture' if job.validation_pictures == 1 else 'pictures'}; {length}"
    )


def scored_on(job: JobProgress | None) -> str:
    """Returns what the mIOU after each epoch is measured on: "crops", "whole pictures", or "" where it is not known."""
    return "" if job is None else job.scored_on


def columns(job: JobProgress | None) -> list[str]:
    """Returns the names of a table's columns."""
    of = scored_on(job)
    return ["epoch", "loss", "pixel accuracy", f"mIOU of {of}" if of else "mIOU", "pictures/s", "time"]


def cells(epoch: Epoch) -> list[str]:
    """Returns what stands in the columns."""
    return [
        str(epoch.number),
        _number(epoch.loss),
        _number(epoch.pixel_accuracy),
        _number(epoch.mean_iou),
        MISSING if epoch.pictures_per_second is None else f"{epoch.pictures_per_second:.1f}",
        MISSING if epoch.seconds is None else duration(epoch.seconds),
    ]


def head(job: JobProgress | None) -> str:
    """Returns the line above the epochs."""
    return "  ".join(column.rjust(NARROWEST) for column in columns(job))


def row(epoch: Epoch, job: JobProgress | None) -> str:
    """Returns the line of one epoch."""
    widths = [max(NARROWEST, len(column)) for column in columns(job)]
    told = "  ".join(cell.rjust(width) for cell, width in zip(cells(epoch), widths))
    return f"{told}  {BEST}" if epoch.is_best else told


def score_line(best: Epoch | None, job: JobProgress | None) -> str:
    """Returns the scores of the model that is kept, each with what it was measured on; "" without a score."""
    if best is None or best.mean_iou is None:
        return ""
    of = scored_on(job)
    line = f"Best mIOU {best.mean_iou:.4f}{f' of {of}' if of else ''}, in epoch {best.number}"
    if job is None or job.whole_mean_iou is None or job.scores_whole_pictures:
        return f"{line}."
    return f"{line}; that model has mIOU {job.whole_mean_iou:.4f} on whole pictures, as an endpoint answers them."


def end_lines(folder: JobFolder, status: JobStatus, best: Epoch | None, job: JobProgress | None) -> list[str]:
    """Returns how a job ended: its scores, and where its model, its other scores and its log lie."""
    took = f" after {duration(status.ended - status.started)}" if status.ended and status.started else ""
    lines = [f"{folder.root.name}: {status.status}{took}.", score_line(best, job)]
    if status.model_data:
        lines.append(f"Model: {status.model_data}")
    evaluation, report = _result(folder, "evaluation.json"), _result(folder, "report.html")
    if report is not None:
        lines.append(f"Report: {report}")
    elif evaluation is not None and status.status == "Completed":
        lines.append(f"Scores of each class: {evaluation}")
    if status.status != "Completed":
        lines.append(f"Log: {folder.log}")
    return [line for line in lines if line]


def _result(folder: JobFolder, name: str) -> Path | None:
    """Returns a file of the job's results; None where there is none."""
    location = results_location(read_object(folder.request))
    paths = [folder.output_data] if is_s3(location) else [Path(location) / "data", folder.output_data]
    return next((path / name for path in paths if (path / name).is_file()), None)


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.4f}"
