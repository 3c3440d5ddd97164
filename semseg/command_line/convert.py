"""``semseg convert``: the folders of a job, from annotations as other tools write them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from semseg.command_line.conversion_options import answer, seed, validation
from semseg.command_line.verb import Work, verb

if TYPE_CHECKING:
    from semseg.conversion.converted import Converted

COCO, CVAT, GROUND_TRUTH, LABELME, VOC = FORMATS = ("coco", "cvat", "ground-truth", "labelme", "voc")


@verb
@click.argument("format", type=click.Choice(FORMATS))
@click.argument("annotations", type=click.Path(exists=True, path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The folder to write, a new one.")
@click.option("--images", type=click.Path(exists=True, path_type=Path), help="The folder of the pictures.")
@click.option(
    "--folder",
    "folders",
    multiple=True,
    metavar="URI=FOLDER",
    help="ground-truth: where the files below a URI are here.",
)
@validation
@seed
@click.option(
    "--class", "classes", multiple=True, help="A label, in the order of the classes; all where none is given."
)
@click.option("--background", default="background", show_default=True, help="The class of pixels that nothing covers.")
@click.option("--no-background", is_flag=True, help="Ignore pixels that nothing covers.")
@click.option(
    "--others",
    type=click.Choice(["refuse", "background", "ignore"]),
    default="refuse",
    show_default=True,
    help="What becomes of labels that --class leaves out.",
)
@click.option("--link", is_flag=True, help="Link pictures instead of copying them, where that is possible.")
def convert(
    work: Work,
    format: str,
    annotations: Path,
    output: Path,
    images: Path | None,
    folders: tuple[str, ...],
    validation: float | list[str] | None,
    seed: int,
    classes: tuple[str, ...],
    background: str,
    no_background: bool,
    others: str,
    link: bool,
) -> None:
    """Make the folders of a job from ANNOTATIONS as another tool wrote them.

    \b
    coco          the JSON file; --images is needed
    cvat          the folder of an unpacked export
    ground-truth  the output manifest; --folder s3://bucket/streets=downloads says where its files are
    labelme       the folder with the JSON files and the pictures
    voc           the folder with JPEGImages and SegmentationClass
    """
    if format == COCO and images is None:
        raise click.UsageError("coco needs --images, the folder of the pictures")
    if format == GROUND_TRUTH and images is not None:
        raise click.UsageError("ground-truth takes --folder in place of --images")
    special = {
        "images": images,
        "validation": validation,
        "folders": dict(_pair(text) for text in folders) or None,
    }
    made = _converter(format)(
        annotations,
        out=output,
        seed=seed,
        classes=classes or None,
        background=None if no_background else background,
        others=others,
        link=link,
        **{name: value for name, value in special.items() if value is not None},
    )
    answer(work, made)


def _pair(text: str) -> tuple[str, str]:
    prefix, sign, folder = text.rpartition("=")
    if not sign:
        raise click.BadParameter(f"must be URI=FOLDER, such as s3://bucket/streets=downloads, got {text!r}")
    return prefix, folder


def _converter(name: str) -> Callable[..., Converted]:
    from semseg import datasets

    converters: dict[str, Callable[..., Converted]] = {
        COCO: datasets.from_coco,
        CVAT: datasets.from_cvat,
        GROUND_TRUTH: datasets.from_ground_truth,
        LABELME: datasets.from_labelme,
        VOC: datasets.from_voc,
    }
    return converters[name]
