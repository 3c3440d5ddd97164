"""``semseg check``: what a job would say of a data set."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from semseg.command_line.verb import Work, verb
from semseg.overview.snippets import training_as_command

if TYPE_CHECKING:
    from semseg.inspection.inspected import Inspected


@verb
@click.argument("data", type=click.Path())
@click.option("--num-classes", type=int, help="Of the job; as the masks suggest where it is not given.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with pictures there too.")
def check(work: Work, data: str, num_classes: int | None, html: Path | None) -> int:
    """Say what a training job would say of the data set in the folder DATA, what it holds, and what suits it.

    DATA holds the folders train, train_annotation, validation, validation_annotation and, if there is one, label_map.
    Ends with exit code 1 where a job would be refused.
    """
    from semseg.inspection.check import check as found_in

    found = found_in(data, num_classes)
    if html is not None:
        from semseg.command_line.check_page import write_page

        work.output.say(f"Page: {write_page(data, found, train_command(data, found), html)}")
    work.output.answer(_content(found), str(found))
    if not found.is_refused:
        work.output.say(f"Next: {train_command(data, found)}")
    return int(found.is_refused)


def train_command(data: str, found: Inspected) -> str:
    """Returns the command that trains on a data set as its check suggests."""
    suggested = {name: str(value) for name, value in found.suggestion.as_hyperparameters().items()}
    del suggested["num_training_samples"]  # which jobs count
    return training_as_command(data, "", suggested, {}).rstrip()


def _content(found: Inspected) -> dict[str, object]:
    return {
        **found.report.to_json(),
        "is_refused": found.is_refused,
        "classes": [asdict(each) for each in found.classes],
        "suggestion": found.suggestion.as_hyperparameters(),
    }
