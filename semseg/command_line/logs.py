"""``semseg logs``: the log of a training job."""

from __future__ import annotations

import json

import click

from semseg.command_line.names import JobName
from semseg.command_line.verb import Work, verb
from semseg.overview.jobs import log_lines
from semseg.plumbing.teller import Printer


@verb
@click.argument("job", type=JobName())
@click.option("-f", "--follow", is_flag=True, help="Go on until the job has ended; Ctrl-C leaves the job alone.")
def logs(work: Work, job: str, follow: bool) -> None:
    """Print the log of JOB, also of a managed one; with --json each line is a JSON object."""
    if not work.local.has_training_job(job):
        work.session.teller = Printer()
        work.session.with_training_job(job).logs_for_job(job, wait=follow)
        return
    for line in log_lines(work.local, job, follow):
        click.echo(json.dumps({"Line": line}, ensure_ascii=False) if work.output.as_json else line)
