"""How a job is told: to people, and as JSON in the shape of the API's DescribeTrainingJob."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from semseg.command_line.jobs import summary
from semseg.command_line.output import GAP
from semseg.command_line.verb import Work
from semseg.overview.jobs import JobDetail


def job_content(detail: JobDetail) -> dict[str, object]:
    """Returns a job as JSON has it: the API's fields, and ours."""
    return {
        **detail.description,
        **summary(detail.row),
        "EpochScores": [asdict(epoch) for epoch in detail.epochs],
        "Warnings": detail.warnings,
        "Evaluation": None if detail.evaluation is None else detail.evaluation.content(),
        "Folder": detail.folder,
        "Report": detail.report,
    }


def job_text(detail: JobDetail) -> str:
    """Returns a job as people read it."""
    settings = detail.description.get("HyperParameters", {})
    given = ", ".join(f"{name} {value}" for name, value in sorted(settings.items()))
    scores = [] if detail.evaluation is None else [str(detail.evaluation)]
    lines = [detail.text, *scores, f"Hyperparameters: {given}", f"Folder: {detail.folder}"]
    if detail.report is not None:
        lines.append(f"Report: {detail.report}")
    return "\n".join(lines)


def wait_for(work: Work, name: str, shows_epochs: bool = False) -> None:
    """Waits for a job's end, with its epochs on stderr where they are to be shown; Ctrl-C stops the job.

    Raises:
        TrainingError: the job failed.
    """
    from semseg.job import TrainingJob

    TrainingJob(work.session, name).wait(logs=shows_epochs)


def job_answer(work: Work, names: Sequence[str]) -> None:
    """Prints the names of jobs, each with its status; as JSON, the descriptions of these jobs."""
    found = [work.session.describe_training_job(name) for name in names]
    lines = (f"{job['TrainingJobName']}{GAP}{job['TrainingJobStatus']}" for job in found)
    work.output.answer(found[0] if len(found) == 1 else found, "\n".join(lines))
