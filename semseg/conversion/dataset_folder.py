"""The folder that a conversion makes: masks are drawn and pictures kept by number first, then moved to their channels,
because the classes in all masks decide which pictures are for validation.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from semseg.contract import png_mask
from semseg.contract.channels import HALVES, LABEL_MAP
from semseg.contract.label_maps import file_of
from semseg.conversion.annotated import Annotated
from semseg.conversion.canvas import Canvas
from semseg.conversion.classes import Classes
from semseg.conversion.conversion_problems import ConversionProblems
from semseg.conversion.converted import Part
from semseg.conversion.picture_file import keep_picture, read_picture
from semseg.plumbing.ordered_map import ordered_map
from semseg.plumbing.teller import Printer

_WORKERS = 4
_TURNED = (
    "a picture that carries an EXIF orientation is shown turned by annotation tools: train with the hyperparameter "
    'exif_orientation="apply", or turn the file'
)


@dataclass(frozen=True)
class Drawn:
    """A picture whose mask is drawn.

    Attributes:
        index: its number, by which it and its mask lie in the folder.
        pixels: of each class in the mask, without ignore.
    """

    picture: Annotated
    index: int
    pixels: Counter[int]


def draw_all(
    pictures: Sequence[Annotated], classes: Classes, place: Path, link: bool, problems: ConversionProblems
) -> Iterator[Drawn]:
    """Draws every mask and keeps every picture in the folder ``place``; yields those without problems."""
    bar = Printer().bar("picture", "converted", len(pictures))
    draw = partial(_draw, classes=classes, place=place, link=link, problems=problems)
    try:
        for done, drawn in enumerate(ordered_map(draw, enumerate(pictures), _WORKERS), start=1):
            bar.move(done)
            if drawn is not None:
                yield drawn
    finally:
        bar.close()


def move_into_channels(training: Sequence[Drawn], validation: Sequence[Drawn], place: Path) -> None:
    """Moves the pictures and the masks into the folders of the channels."""
    for (images, masks), part in zip(HALVES, (training, validation)):
        for each in part:
            suffix = each.picture.picture.suffix
            _move(_picture(place, each.index), place / images / f"{each.picture.name}{suffix}")
            _move(_mask(place, each.index), place / masks / f"{each.picture.name}.png")


def write_names(place: Path, names: Sequence[str]) -> None:
    """Writes label maps that tell the names of the classes, and nothing else: masks hold class ids already."""
    content = json.dumps({"names": {str(number): name for number, name in enumerate(names)}}, indent=1)
    folder = place / LABEL_MAP
    folder.mkdir()
    for images, _ in HALVES:
        (folder / file_of(images)).write_text(content, encoding="utf-8")


def summary(part: Sequence[Drawn]) -> Part:
    """Returns what one side of a split holds."""
    pixels: Counter[int] = Counter()
    pictures: Counter[int] = Counter()
    for each in part:
        pixels.update(each.pixels)
        pictures.update(each.pixels.keys())
    return Part(len(part), dict(pixels), dict(pictures))


def _draw(
    numbered: tuple[int, Annotated], classes: Classes, place: Path, link: bool, problems: ConversionProblems
) -> Drawn | None:
    index, picture = numbered
    with problems.at(picture.place):
        file = read_picture(picture.picture)
        if file.orientation != 1:
            problems.warn(picture.picture.name, _TURNED)
        canvas = Canvas(*file.annotated_size(picture.size), classes)
        picture.draw(canvas)
        _mask(place, index).write_bytes(png_mask.encode(canvas.mask))
        keep_picture(picture.picture, file, _picture(place, index), link)
        pixels = canvas.pixels()
        if not pixels:
            problems.warn(picture.place, "its mask is ignored in every pixel, which a job refuses")
        return Drawn(picture, index, pixels)
    return None


def _picture(place: Path, index: int) -> Path:
    return place / f"{index}.picture"


def _mask(place: Path, index: int) -> Path:
    return place / f"{index}.mask"


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.rename(source, target)
