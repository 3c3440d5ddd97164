"""``semseg report`` and ``semseg compare``: how good the models of jobs are."""

from __future__ import annotations

from dataclasses import asdict

import click

from semseg.command_line.names import JobName
from semseg.command_line.verb import Work, verb


@verb
@click.argument("job", type=JobName())
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
def report(work: Work, job: str, opens: bool) -> None:
    """Print the path of the report of JOB, one page that says how good the model is and where it fails.

    A job writes it at its end; where it is missing it is written now, as far as the job's files go. That of a managed
    job is fetched from S3.
    """
    from semseg.job import TrainingJob
    from semseg.job_results import report_of

    path = report_of(TrainingJob(work.session, job))
    work.output.answer({"TrainingJobName": job, "Report": path}, str(path))
    if opens:
        click.launch(path.as_uri())


@verb
@click.argument("job_names", metavar="JOB JOB...", nargs=-1, required=True, type=JobName())
def compare(work: Work, job_names: tuple[str, ...]) -> None:
    """Show several jobs beside each other: scores, classes, and the hyperparameters that differ."""
    from semseg.job_results import compare as compared

    if len(job_names) < 2:
        raise click.UsageError("give two jobs at least")
    found = compared(list(job_names), work.session)
    jobs = [
        {
            "TrainingJobName": job.name,
            "Evaluation": None if job.evaluation is None else job.evaluation.content(),
            "EpochScores": [asdict(epoch) for epoch in job.epochs],
            "ScoredOn": job.scored_on,
            "HyperParameters": job.hyperparameters,
            "TrainingTimeInSeconds": job.seconds,
        }
        for job in found.jobs
    ]
    work.output.answer({"TrainingJobs": jobs, "Differing": found.differing()}, str(found))
