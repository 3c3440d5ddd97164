"""``num_classes`` of a job, where a label map tells it."""

from __future__ import annotations

from collections.abc import Mapping

import click

from semseg.command_line.verb import Work
from semseg.named_classes import classes_named
from semseg.plumbing.counted import counted

NUM_CLASSES = "num_classes"


def with_classes(work: Work, given: Mapping[str, object], channels: Mapping[str, str]) -> dict[str, object]:
    """Returns the hyperparameters with num_classes, which the label map tells where it was not given."""
    if NUM_CLASSES in given:
        return dict(given)
    classes = classes_named(channels)
    if classes is None:
        raise click.UsageError("--num-classes is missing, and no label map names the classes: semseg check suggests it")
    work.output.say(f"--num-classes {classes}, as the label map names {counted(classes, 'class', 'classes')}")
    return {NUM_CLASSES: classes, **given}
