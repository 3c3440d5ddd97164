"""``semseg jobs``: the list of training jobs."""

from __future__ import annotations

import click

from semseg.command_line.verb import Work, verb
from semseg.overview.jobs import JobRow, job_rows
from semseg.plumbing.counted import duration

HEAD = ("JOB", "STATUS", "PHASE", ">EPOCH", ">mIOU", "OF", "CREATED", ">TIME")


@verb
@click.option("--status", help="Only jobs of this status, such as Failed.")
def jobs(work: Work, status: str | None) -> None:
    """List the training jobs of this machine, the newest first."""
    found = [row for row in job_rows(work.local) if status is None or row.status == status]
    content = {"TrainingJobSummaries": [summary(row) for row in found]}
    none = f"no training jobs in {work.local.home.jobs}"
    work.output.table(content, HEAD, [_cells(row) for row in found], none)


def summary(row: JobRow) -> dict[str, object]:
    """Returns a row as JSON has it: the API's fields, and ours of the same make."""
    return {
        "TrainingJobName": row.name,
        "TrainingJobStatus": row.status,
        "CreationTime": row.created,
        "TrainingTimeInSeconds": None if row.seconds is None else round(row.seconds),
        "Phase": row.phase,
        "Epoch": row.epoch,
        "Epochs": row.epochs,
        "mIOU": row.mean_iou,
        "ScoredOn": row.scored_on,
    }


def _cells(row: JobRow) -> list[str]:
    return [
        row.name,
        row.status,
        row.phase,
        f"{row.epoch}/{row.epochs}" if row.epochs else "",
        "" if row.mean_iou is None else f"{row.mean_iou:.4f}",
        row.scored_on,
        f"{row.created.astimezone():%Y-%m-%d %H:%M}",
        "" if row.seconds is None else duration(row.seconds),
    ]
