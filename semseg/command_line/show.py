"""``semseg show``: pictures of a data set, or all that is known of a job."""

from __future__ import annotations

import os
from pathlib import Path

import click

from semseg.command_line.job_answer import job_content, job_text
from semseg.command_line.names import JobOrFile
from semseg.command_line.verb import Work, verb
from semseg.overview.jobs import job_detail


@verb
@click.argument("what", metavar="DATA|JOB", type=JobOrFile())
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default="pictures.png",
    show_default=True,
    help="The picture to write of DATA.",
)
@click.option("--count", type=click.IntRange(1, 100), default=6, show_default=True, help="Of the pictures of DATA.")
@click.option("--channel", type=click.Choice(["train", "validation"]), default="train", show_default=True)
@click.option("--open", "opens", is_flag=True, help="Open the picture that was written.")
def show(work: Work, what: str, output: Path, count: int, channel: str, opens: bool) -> None:
    """Show pictures of the data set in the folder DATA with their masks, or all that is known of JOB.

    A name that is both is taken for the job; ./NAME is the folder.
    """
    if _is_job(work, what):
        detail = job_detail(work.local, what)
        work.output.answer(job_content(detail), job_text(detail))
        return
    from semseg.inspection.show import show as drawn

    path = drawn(what, output, count, channel=channel)
    work.output.answer({"Picture": path}, str(path))
    if opens:
        click.launch(str(path))


def _is_job(work: Work, what: str) -> bool:
    """Returns whether a text means a job: what is no job and no folder is taken for one, whose name is not known."""
    is_job, is_folder = work.local.has_training_job(what), Path(what).is_dir()
    if is_job and is_folder:
        work.output.say(f"{what} is a job and a folder: this is the job, and ./{what} is the folder")
    return is_job or not (is_folder or os.sep in what)
