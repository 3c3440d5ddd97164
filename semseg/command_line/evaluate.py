"""``semseg evaluate``: how good a model is on a data set."""

from __future__ import annotations

import click

from semseg.command_line.model_options import model_options
from semseg.command_line.verb import Work, verb
from semseg.contract.channels import HALVES, LABEL_MAP, VALIDATION
from semseg.model_evaluation import evaluate as score

FOLDER = click.Path()


@verb
@model_options
@click.argument("data", required=False, type=FOLDER)
@click.option("--channel", type=click.Choice([images for images, _ in HALVES]), default=VALIDATION, show_default=True)
@click.option("--pictures", type=FOLDER, help="The folder of the pictures, in place of DATA.")
@click.option("--masks", type=FOLDER, help="The folder of their masks, in place of DATA.")
@click.option("--label-map", type=FOLDER, help="The label map, or its folder, in place of DATA.")
@click.option("-o", "--output", type=FOLDER, help="The folder that gets the files.  [default: one below --home]")
def evaluate(
    work: Work,
    model: str,
    data: str | None,
    channel: str,
    pictures: str | None,
    masks: str | None,
    label_map: str | None,
    output: str | None,
    engine: str | None,
    precision: str | None,
    test_time_augmentation: str | None,
    instance_type: str,
) -> None:
    """Score a model on the whole pictures of a data set, and write a report.

    DATA is a folder that holds the folders validation and validation_annotation. The model of a job or of an archive is
    opened without a server; an endpoint is asked as it runs.
    """
    inputs = _channels(channel, pictures, masks, label_map) if data is None else data
    if data is not None and (pictures, masks, label_map) != (None, None, None):
        raise click.UsageError("give DATA, or --pictures, --masks and --label-map, and not both")
    scored = score(
        *(model, inputs, output, channel, engine, precision, instance_type, work.session),
        test_time_augmentation=test_time_augmentation,
    )
    content = {"Evaluation": scored.evaluation.content(), "Path": scored.path, "Report": scored.report}
    work.output.answer(content, f"{scored}\n\nreport: {scored.report}")


def _channels(channel: str, pictures: str | None, masks: str | None, label_map: str | None) -> dict[str, str]:
    if pictures is None or masks is None:
        raise click.UsageError("give DATA, or --pictures and --masks")
    given = {channel: pictures, f"{channel}_annotation": masks}
    return given if label_map is None else {**given, LABEL_MAP: label_map}
