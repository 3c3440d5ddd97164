"""Pascal VOC's folders, as the challenge has them and as CVAT's "Segmentation mask 1.1" and others write them.

Sources: the VOC2012 development kit, section 4 (segmentation); CVAT's documentation of the export for ``labelmap.txt``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from semseg.contract.pairing import IMAGE_SUFFIXES
from semseg.contract.png_mask import IGNORE
from semseg.conversion.annotated import Annotated, Annotations
from semseg.conversion.canvas import Canvas
from semseg.conversion.classes import BACKGROUND, REFUSE, Classes
from semseg.conversion.conversion import Conversion, PathLike
from semseg.conversion.conversion_problems import Unusable
from semseg.conversion.converted import Converted
from semseg.conversion.mask_files import classes_of_colours, classes_of_values, read_mask_file, stored_values
from semseg.conversion.places import file_in, folder_at, sample_name
from semseg.conversion.untrusted import read_bytes
from semseg.data.labels.colour import Colour
from semseg.data.labels.colour_lists import read_colour_list
from semseg.errors import UserError

LABELS = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
MASKS, PICTURES, LISTS, LABEL_FILE = "SegmentationClass", "JPEGImages", "ImageSets/Segmentation", "labelmap.txt"
_BORDER: Colour = (224, 224, 192)  # "void": the edge of an object, and what is hard to tell


def from_voc(
    folder: PathLike,
    out: PathLike,
    *,
    images: PathLike | None = None,
    validation: float | Sequence[str] | None = None,
    seed: int = 0,
    classes: Sequence[str] | None = None,
    background: str | None = BACKGROUND,
    others: str = REFUSE,
    link: bool = False,
) -> Converted:
    """Writes the folders of a job from Pascal VOC's: pictures in ``JPEGImages``, masks in ``SegmentationClass``.

    With a ``labelmap.txt`` in the folder, masks are read by their colours; without one, their stored values are VOC's
    21 classes, and 255 is ignored.

    Args:
        folder: with these folders in it.
        out: the folder to write, which must not be there yet.
        images: the folder of the pictures, where it is not ``JPEGImages``.
        validation: where it is not given, the pictures that ``ImageSets/Segmentation/val.txt`` lists, and those of
            ``train.txt`` are for training; without these two files, a fifth of all pictures. Else the share of pictures
            for validation, above 0 and below 1, or their names. By share, pictures are chosen by ``seed`` so that rare
            classes are on both sides too.
        seed: of that choice.
        classes: labels in the order of the classes; all labels, in their order, where it is not given.
        background: the name of the class of unlabelled pixels, class 0 where ``classes`` does not name it; None ignores
            such pixels (255).
        others: what becomes of labels that ``classes`` leaves out: "refuse" the conversion, take their pixels for
            "background", or "ignore" them.
        link: whether pictures are hard links to the given ones where the file system allows it; else copies.

    Returns:
        What was written, with the classes' names.

    Raises:
        ChannelError: the folder cannot be used, with all problems; ``out`` is there.
    """
    conversion = Conversion(str(folder), out, classes, background, others, link)
    return write_voc(conversion, Path(folder), None if images is None else Path(images), validation, seed)


def write_voc(
    conversion: Conversion,
    folder: Path,
    images: Path | None,
    validation: float | Sequence[str] | None,
    seed: int,
) -> Converted:
    """Does what :func:`from_voc` does, whose arguments these are."""
    problems = conversion.problems
    lists: dict[str, list[str]] = {}
    labels: Sequence[str] = LABELS
    read: dict[str, Annotated] = {}
    with problems.at(str(folder)):
        pictures = folder_at(images or folder / PICTURES, PICTURES if images is None else "images")
        masks = folder_at(folder / MASKS, MASKS)
        colours = _colours(folder / LABEL_FILE) if (folder / LABEL_FILE).is_file() else None
        labels = LABELS if colours is None else list(dict.fromkeys(colours.values()))
        lists = _lists(folder / LISTS, masks)
        for name in dict.fromkeys(name for names in lists.values() for name in names):
            with problems.at(name):
                read[name] = _annotated(name, pictures, masks, colours)
    found = [label for label in labels if label.lower() != BACKGROUND or conversion.background is not None]
    if validation is None and {"train", "val"} <= lists.keys():
        sides = ([read[name] for name in lists[side] if name in read] for side in ("train", "val"))
        training, for_validation = (Annotations(side, found) for side in sides)
        return conversion.write_both(training, for_validation)
    share = 0.2 if validation is None else validation
    return conversion.write_split(Annotations(list(read.values()), found), share, seed)


def _lists(folder: Path, masks: Path) -> dict[str, list[str]]:
    """Returns the names in each list of pictures; without a list those of all masks."""
    files = sorted(folder.glob("*.txt"))
    if not files:
        return {"": sorted(path.relative_to(masks).with_suffix("").as_posix() for path in masks.rglob("*.png"))}
    texts = {file.stem: read_bytes(file).decode("utf-8", "replace") for file in files}
    wanted = {"train", "val"} if {"train", "val"} <= texts.keys() else texts.keys()
    return {stem: [line.strip() for line in texts[stem].splitlines() if line.strip()] for stem in sorted(wanted)}


def _colours(file: Path) -> dict[Colour, str]:
    """Returns the label of each colour in a ``labelmap.txt``."""
    try:
        return {listed.colour: listed.name for listed in read_colour_list(file).labels}
    except UserError as error:
        raise Unusable(str(error)) from error


def _annotated(name: str, pictures: Path, masks: Path, colours: Mapping[Colour, str] | None) -> Annotated:
    mask = file_in(masks, f"{name}.png")
    found = [suffix for suffix in IMAGE_SUFFIXES if (pictures / f"{name}{suffix}").is_file()]
    picture = file_in(pictures, f"{name}{found[0] if found else IMAGE_SUFFIXES[0]}")
    return Annotated(sample_name(picture, pictures), picture, name, None, partial(_draw, mask=mask, colours=colours))


def _draw(canvas: Canvas, mask: Path, colours: Mapping[Colour, str] | None) -> None:
    content = read_mask_file(mask)
    if colours is None:
        canvas.fill(classes_of_values(stored_values(content, mask.name), _of_values(canvas.classes)))
    else:
        class_of = {colour: canvas.classes.number_in_mask(label) for colour, label in colours.items()}
        canvas.fill(classes_of_colours(content, {_BORDER: IGNORE, **class_of}))


def _of_values(classes: Classes) -> dict[int, int]:
    return {IGNORE: IGNORE, **{value: classes.number_in_mask(label) for value, label in enumerate(LABELS)}}
