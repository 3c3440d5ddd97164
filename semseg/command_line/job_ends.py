"""``semseg stop`` and ``semseg resume``: the end of a job, and its going on."""

from __future__ import annotations

import click

from semseg.command_line.job_answer import job_answer, wait_for
from semseg.command_line.names import JobName
from semseg.command_line.verb import Work, verb


@verb
@click.argument("job_names", metavar="JOB...", nargs=-1, required=True, type=JobName())
@click.option("--wait", is_flag=True, help="Wait until the jobs have ended.")
def stop(work: Work, job_names: tuple[str, ...], wait: bool) -> None:
    """Stop each JOB, also a managed one; its best model is kept."""
    for name in job_names:
        work.session.stop_training_job(name)
    for name in job_names if wait else ():
        wait_for(work, name)
    job_answer(work, job_names)


@verb
@click.argument("job", type=JobName())
@click.option("--epochs", type=int, help="How many it is to train in all; as many as before where it is not given.")
@click.option("--detach", is_flag=True, help="Do not wait for its end.")
def resume(work: Work, job: str, epochs: int | None, detach: bool) -> None:
    """Let JOB go on from its newest checkpoint: one that failed, was stopped, or is to train longer."""
    work.session.resume_training_job(job, epochs)
    if not detach:
        wait_for(work, job, shows_epochs=True)
    job_answer(work, [job])
