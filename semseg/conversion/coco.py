"""COCO's object annotations: ``instances_train.json`` and whatever exports its form.

Source: cocodataset.org, "Data format", sections 1 (object detection) and 2 of the same page for ``iscrowd``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from semseg.conversion import shapes
from semseg.conversion.annotated import Annotated, Annotations
from semseg.conversion.canvas import Canvas
from semseg.conversion.classes import BACKGROUND, REFUSE
from semseg.conversion.conversion import Conversion, PathLike
from semseg.conversion.conversion_problems import ConversionProblems, Unusable
from semseg.conversion.converted import Converted
from semseg.conversion.places import file_in, folder_at, sample_name
from semseg.conversion.run_lengths import check_filling, coco_lengths, expand
from semseg.conversion.untrusted import entry, label, parse_object, points, read_bytes, shown, side

_FLAT = "segmentation"


def from_coco(
    annotations: PathLike,
    images: PathLike,
    out: PathLike,
    *,
    validation_annotations: PathLike | None = None,
    validation_images: PathLike | None = None,
    validation: float | Sequence[str] = 0.2,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    background: str | None = BACKGROUND,
    others: str = REFUSE,
    link: bool = False,
) -> Converted:
    """Writes the folders of a job from COCO's object annotations: polygons, run lengths (compressed or not), crowds.

    Where objects overlap, the smaller one lies on top; crowd regions (``iscrowd`` 1) belong to their class and lie
    below all objects. Polygons cover the pixels that pycocotools gives them.

    Args:
        annotations: the JSON file.
        images: the folder that its ``file_name`` entries are in.
        out: the folder to write, which must not be there yet.
        validation_annotations: a JSON file of the pictures for validation, with the same categories; without one, some
            of the pictures of ``annotations`` are taken.
        validation_images: their folder; ``images`` where it is not given.
        validation: the share of pictures for validation, above 0 and below 1, or their names without suffix. By share,
            pictures are chosen by ``seed`` so that rare classes are on
            both sides too.
        seed: of that choice.
        classes: names of categories in the order of the classes; all of them, in the order of their ids, where it is
            not given.
        background: the name of the class of pixels that no object covers, class 0 where ``classes`` does not name it;
            None ignores such pixels (255).
        others: what becomes of categories that ``classes`` leaves out: "refuse" the conversion, take their pixels for
            "background" (as if they were not drawn), or "ignore" their pixels.
        link: whether pictures are hard links to those in ``images`` where the file system allows it; else copies.

    Returns:
        What was written, with the classes' names.

    Raises:
        ChannelError: the annotations, or files that they name, cannot be used, with all problems; ``out`` is there.
        PlatformError: there are polygons, and pycocotools is not installed.
    """
    conversion = Conversion(str(annotations), out, classes, background, others, link)
    problems = conversion.problems
    training = _read(Path(annotations), Path(images), problems)
    if validation_annotations is None:
        return conversion.write_split(training, validation, seed)
    images_there = Path(images if validation_images is None else validation_images)
    return conversion.write_both(training, _read(Path(validation_annotations), images_there, problems))


@dataclass(frozen=True)
class _Object:
    """An object of a picture; ``content`` is its JSON object."""

    place: str
    label: str
    content: dict[str, Any]


def _read(path: Path, images: Path, problems: ConversionProblems) -> Annotations:
    content: dict[str, Any] = {}
    categories: dict[int, str] = {}
    with problems.at(path.name):
        folder_at(images, "images")
        content = parse_object(read_bytes(path))
        categories = _categories(entry(content, "categories", list, "a list"))
        objects = _objects(entry(content, "annotations", list, "a list"), categories, path.name, problems)
        return Annotations(
            _pictures(entry(content, "images", list, "a list"), objects, images, path.name, problems),
            [categories[number] for number in sorted(categories)],
        )
    return Annotations([], [])


def _categories(listed: list[Any]) -> dict[int, str]:
    names = {entry(category, "id", int, "a whole number"): label(category, "name") for category in listed}
    if len(set(names.values())) < len(listed):
        raise Unusable(f"each category must have an id and a name of its own, got {shown(list(names.values()))}")
    return names


def _objects(
    listed: list[Any], categories: dict[int, str], file: str, problems: ConversionProblems
) -> dict[int, list[_Object]]:
    """Returns the objects by the id of their picture."""
    found: dict[int, list[_Object]] = defaultdict(list)
    for number, content in enumerate(listed):
        place = f"annotations[{number}] of {file}"
        with problems.at(place):
            category = entry(content, "category_id", int, "a whole number")
            if category not in categories:
                raise Unusable(f"category_id must be one of {shown(sorted(categories))}, got {category}")
            image = entry(content, "image_id", int, "a whole number")
            found[image].append(_Object(place, categories[category], content))
    return found


def _pictures(
    listed: list[Any], objects: dict[int, list[_Object]], images: Path, file: str, problems: ConversionProblems
) -> list[Annotated]:
    found: dict[int, Annotated] = {}
    for index, content in enumerate(listed):
        place = f"images[{index}] of {file}"
        with problems.at(place):
            number = entry(content, "id", int, "a whole number")
            if number in found:
                raise Unusable("each picture must have an id of its own")
            size = side(content.get("width"), "width"), side(content.get("height"), "height")
            picture = file_in(images, entry(content, "file_name", str, "a text"))
            draw = partial(_draw, objects=objects.get(number, []), problems=problems)
            found[number] = Annotated(sample_name(picture, images), picture, place, size, draw)
    listed_ids = [content.get("id") for content in listed if isinstance(content, dict)]
    known = {number for number in listed_ids if isinstance(number, int)}
    for each in (each for number in objects.keys() - known for each in objects[number]):
        problems.add(each.place, "its image_id must be the id of one of the images")
    return list(found.values())


def _draw(canvas: Canvas, objects: list[_Object], problems: ConversionProblems) -> None:
    ordered: list[tuple[bool, float, int, _Object]] = []
    for each in objects:
        with problems.at(each.place):
            is_crowd = each.content.get("iscrowd") in (1, True)
            ordered.append((not is_crowd, -_area(each, canvas, problems), len(ordered), each))
    for *_, each in sorted(ordered, key=lambda one: one[:3]):
        with problems.at(each.place):
            canvas.paint(each.label, _covered(each.content[_FLAT], canvas))


def _area(each: _Object, canvas: Canvas, problems: ConversionProblems) -> float:
    """Returns how many pixels an object covers, about, once its segmentation is found to be in order."""
    segmentation = each.content.get(_FLAT)
    if isinstance(segmentation, dict):
        return float(sum(_lengths(segmentation, canvas)[1::2]))
    if not isinstance(segmentation, list) or not segmentation:
        raise Unusable(
            f"segmentation must be a list of polygons, or run lengths, got {shown(segmentation)}: a box alone does not "
            "say which pixels belong to the object"
        )
    polygons = [_corners(flat, canvas) for flat in segmentation]
    if any(len(corners) < 3 for corners in polygons):
        problems.warn(each.place, "a polygon of fewer than 3 points covers no pixel and is left out")
    return sum(shapes.polygon_area(corners) for corners in polygons if len(corners) > 2)


def _covered(segmentation: Any, canvas: Canvas) -> np.ndarray:
    if isinstance(segmentation, dict):
        return expand(_lengths(segmentation, canvas), canvas.width, canvas.height, by_columns=True)
    covered = np.zeros((canvas.height, canvas.width), bool)
    for corners in (_corners(flat, canvas) for flat in segmentation):
        if len(corners) > 2:
            covered |= shapes.polygon(corners, canvas.width, canvas.height)
    return covered


def _lengths(segmentation: dict[str, Any], canvas: Canvas) -> Sequence[int]:
    if segmentation.get("size") != [canvas.height, canvas.width]:
        size = shown(segmentation.get("size"))
        raise Unusable(f"size must be its picture's [height, width], {[canvas.height, canvas.width]}, got {size}")
    lengths = coco_lengths(segmentation.get("counts"))
    check_filling(lengths, canvas.width, canvas.height)
    return lengths


def _corners(flat: Any, canvas: Canvas) -> np.ndarray:
    if not isinstance(flat, list) or len(flat) % 2:
        raise Unusable(f"a polygon must be a list of x and y in turn, got {shown(flat)}")
    return points(list(zip(flat[::2], flat[1::2])), _FLAT, canvas.size)
