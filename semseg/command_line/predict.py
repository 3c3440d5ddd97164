"""``semseg predict``: the masks of pictures, folders and videos."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from semseg.command_line.model_options import model_options
from semseg.command_line.verb import Work, verb
from semseg.contract.pairing import MAX_PICTURE_BYTES
from semseg.picture_prediction import Pictures
from semseg.picture_prediction import predict as write_masks
from semseg.plumbing.counted import counted

STDIN = "-"


@verb
@model_options
@click.argument("pictures", metavar="PICTURES|FOLDER|VIDEO|-", nargs=-1, required=True)
@click.option("-o", "--output", required=True, type=click.Path(), help="The folder that gets the files.")
@click.option("--overlay", is_flag=True, help="Write the colours of the classes over each picture, too.")
@click.option("--opacity", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Of these colours.")
@click.option("--probabilities", is_flag=True, help="Write the probabilities of all classes, too.")
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Take every so many video frames.")
def predict(
    work: Work,
    model: str,
    pictures: Sequence[str],
    output: str,
    overlay: bool,
    opacity: float,
    probabilities: bool,
    every: int,
    engine: str | None,
    precision: str | None,
    test_time_augmentation: str | None,
    instance_type: str,
) -> None:
    """Write the mask of each picture, of each picture in a folder, or of each frame of a video.

    OUTPUT/masks gets PNG files whose grey values are the class ids. The model of a job or of an archive is opened
    without a server; an endpoint is asked as it runs. With "-" the bytes of one picture are read from stdin. Pictures
    that cannot be read are told and left out, and the exit code is 1 then.
    """
    predicted = write_masks(
        *(model, _given(pictures), output, overlay, probabilities, opacity, every),
        *(engine, precision, instance_type, work.session),
        test_time_augmentation=test_time_augmentation,
    )
    for each in predicted.left_out:
        work.output.say(f"skipped {each.name}: {each.reason}")
    left_out = [{"Name": each.name, "Reason": each.reason} for each in predicted.left_out]
    content = {"Path": predicted.path, "Pictures": predicted.pictures, "LeftOut": left_out}
    work.output.answer(content, f"{counted(predicted.pictures, 'mask')} in {predicted.path / 'masks'}")
    if predicted.left_out:
        raise click.exceptions.Exit(1)


def _given(pictures: Sequence[str]) -> Pictures:
    if STDIN not in pictures:
        return pictures
    if len(pictures) > 1:
        raise click.UsageError(f"{STDIN} is the only picture where it is given")
    return sys.stdin.buffer.read(MAX_PICTURE_BYTES + 1)
