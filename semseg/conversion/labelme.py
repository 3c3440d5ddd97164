"""LabelMe's JSON files, one beside each picture (github.com/wkentaro/labelme, versions 3 to 5).

Polygons, rectangles, circles and masks cover the pixels that LabelMe's own ``shape_to_mask`` gives them.
"""

from __future__ import annotations

import base64
import math
import posixpath
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from semseg.conversion.annotated import Annotated, Annotations
from semseg.conversion.canvas import Canvas
from semseg.conversion.classes import BACKGROUND, REFUSE
from semseg.conversion.conversion import Conversion, PathLike
from semseg.conversion.conversion_problems import ConversionProblems, Unusable
from semseg.conversion.converted import Converted
from semseg.conversion.mask_files import stored_values
from semseg.conversion.places import file_in, folder_at, sample_name
from semseg.conversion.untrusted import entry, label, parse_object, points, read_bytes, shown, side

_OWN_BACKGROUND = "_background_"  # as LabelMe's own lists of labels call it
_CORNERS = {"rectangle": 2, "circle": 2, "mask": 2}  # of other kinds 3 at least
_KINDS = ("polygon", "rectangle", "circle", "oriented_rectangle", "mask")


def from_labelme(
    folder: PathLike,
    out: PathLike,
    *,
    images: PathLike | None = None,
    validation: float | Sequence[str] = 0.2,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    background: str | None = BACKGROUND,
    others: str = REFUSE,
    link: bool = False,
) -> Converted:
    """Writes the folders of a job from LabelMe's JSON files: polygons, rectangles, circles and masks.

    Where shapes overlap, the later one in the file lies on top. The label ``_background_`` is the background, and
    pixels of ``__ignore__`` are ignored.

    Args:
        folder: with the JSON files, at any depth, and the pictures that their ``imagePath`` entries name.
        out: the folder to write, which must not be there yet.
        images: a folder with all pictures, found by the last part of ``imagePath``: for JSON files that lie elsewhere
            than their pictures.
        validation: the share of pictures for validation, above 0 and below 1, or their names without suffix. By share,
            pictures are chosen by ``seed`` so that rare classes are on
            both sides too.
        seed: of that choice.
        classes: labels in the order of the classes; all labels, in the order of the alphabet, where it is not given.
        background: the name of the class of pixels that no shape covers, class 0 where ``classes`` does not name it;
            None ignores such pixels (255).
        others: what becomes of labels that ``classes`` leaves out: "refuse" the conversion, take their pixels for
            "background" (as if they were not drawn), or "ignore" their pixels.
        link: whether pictures are hard links to the given ones where the file system allows it; else copies.

    Returns:
        What was written, with the classes' names.

    Raises:
        ChannelError: the JSON files, or files that they name, cannot be used, with all problems; ``out`` is there.
    """
    conversion = Conversion(str(folder), out, classes, background, others, link)
    pictures_in = None if images is None else Path(images)
    annotations = _read(Path(folder), pictures_in, background, conversion.problems)
    return conversion.write_split(annotations, validation, seed)


def _read(folder: Path, images: Path | None, background: str | None, problems: ConversionProblems) -> Annotations:
    pictures: list[Annotated] = []
    labels: set[str] = set()
    with problems.at("folder"):
        folder_at(folder, "folder")
        folder_at(images or folder, "images")
        files = sorted(folder.rglob("*.json"))
        if not files:
            raise Unusable(f"{folder} must hold LabelMe's .json files, got none")
        for file in files:
            place = file.relative_to(folder).as_posix()
            with problems.at(place):
                picture, found = _annotated(file, folder, images, background, place, problems)
                pictures.append(picture)
                labels |= found
    return Annotations(pictures, sorted(labels))


def _annotated(
    file: Path, folder: Path, images: Path | None, background: str | None, place: str, problems: ConversionProblems
) -> tuple[Annotated, set[str]]:
    content = parse_object(read_bytes(file))
    path = str(entry(content, "imagePath", str, "a text"))
    if images is None:
        beside = (file.parent.relative_to(folder) / path.replace("\\", "/")).as_posix()
        place_below = posixpath.normpath(beside)
        if place_below.startswith(".."):
            raise Unusable(
                f"a picture must be named by a path in {folder} (or give the folder of all pictures as images), got a "
                "path out of it"
            )
        picture = file_in(folder, place_below)
        name = sample_name(picture, folder)
    else:
        picture = file_in(images, PurePosixPath(path.replace("\\", "/")).name)
        name = sample_name(picture, images)
    shapes, labels = [], set()
    for number, shape in enumerate(entry(content, "shapes", list, "a list")):
        shape_place = f"shapes[{number}] of {place}"
        with problems.at(shape_place):
            named = label(shape, "label")
            if named == _OWN_BACKGROUND:
                named = background or "__ignore__"
            labels.add(named)
            shapes.append((shape_place, named, shape))
    return Annotated(name, picture, place, _size(content), partial(_draw, shapes=shapes, problems=problems)), labels


def _size(content: dict[str, Any]) -> tuple[int, int] | None:
    width, height = content.get("imageWidth"), content.get("imageHeight")
    if width is None or height is None:  # as other tools that write this form leave them out
        return None
    return side(width, "imageWidth"), side(height, "imageHeight")


def _draw(canvas: Canvas, shapes: list[tuple[str, str, Any]], problems: ConversionProblems) -> None:
    for place, named, shape in shapes:
        with problems.at(place):
            kind = shape.get("shape_type") or "polygon"  # version 3 leaves it out
            if kind not in _KINDS:
                raise Unusable(
                    f"shape_type must be one of {', '.join(_KINDS)}, got {shown(kind)}, which covers no area: draw a "
                    "polygon, or delete it"
                )
            corners = points(shape.get("points"), "points", canvas.size)
            wanted = _CORNERS.get(kind)
            if len(corners) != wanted if wanted else len(corners) < 3:
                expected = str(wanted) if wanted else "3 or more"
                raise Unusable(f"a {kind} must have {expected} points, got {len(corners)}")
            if kind == "mask":
                _paint_mask(canvas, named, shape, corners)
            else:
                canvas.paint(named, _covered(kind, corners, canvas))


def _covered(kind: str, corners: np.ndarray, canvas: Canvas) -> np.ndarray:
    picture = Image.new("L", canvas.size)
    draw = ImageDraw.Draw(picture)
    if kind == "circle":
        (x, y), (edge_x, edge_y) = corners
        radius = math.hypot(x - edge_x, y - edge_y)
        draw.ellipse([x - radius, y - radius, x + radius, y + radius], outline=1, fill=1)
    elif kind == "rectangle":
        low, high = corners.min(axis=0), corners.max(axis=0)
        draw.rectangle([tuple(low), tuple(high)], outline=1, fill=1)
    else:
        draw.polygon([tuple(corner) for corner in corners], outline=1, fill=1)
    return np.asarray(picture) > 0


def _paint_mask(canvas: Canvas, named: str, shape: Any, corners: np.ndarray) -> None:
    """Paints a shape that is a picture in base64, with its first and its last pixel as points."""
    left, top, right, bottom = (int(number) for number in corners.astype(np.int64).ravel())
    try:
        content = base64.b64decode(entry(shape, "mask", str, "a PNG picture in base64"), validate=True)
    except ValueError as error:
        raise Unusable(f"mask must be a PNG picture in base64 ({error})") from error
    covered = stored_values(content, "its mask") > 0
    if covered.shape != (bottom - top + 1, right - left + 1) or left < 0 or top < 0:
        raise Unusable(
            f"mask must be as large as its two points say and lie in the picture, got {covered.shape[1]} x "
            f"{covered.shape[0]} pixels from {left}, {top} to {right}, {bottom}"
        )
    if right >= canvas.width or bottom >= canvas.height:
        raise Unusable(f"mask must lie in the picture of {canvas.width} x {canvas.height}, got {right}, {bottom}")
    canvas.paint(named, covered, left, top)
