"""Pictures with masks of class ids: beside each other in one folder, or in two folders that are not split yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Union

from semseg.contract.channels import LABEL_MAP
from semseg.contract.pairing import IMAGE_SUFFIXES, is_hidden
from semseg.conversion.annotated import Annotated
from semseg.conversion.canvas import Canvas
from semseg.conversion.conversion import Conversion, PathLike
from semseg.conversion.conversion_problems import ConversionProblems, Unusable
from semseg.conversion.converted import Converted
from semseg.conversion.places import folder_at, sample_name
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.image_files import read_mask

LabelMapLike = Union[PathLike, Mapping[str, Any], None]
_MASK_SUFFIX = ".png"


def from_pairs(
    folder: PathLike,
    out: PathLike,
    *,
    mask_ending: str = "_mask",
    label_map: LabelMapLike = None,
    validation: float | Sequence[str] = 0.2,
    seed: int = 0,
    link: bool = False,
) -> Converted:
    """Writes the folders of a job from one folder in which each mask lies beside its picture.

    Args:
        folder: at any depth, pictures such as ``a.jpg`` and masks such as ``a_mask.png``.
        out: the folder to write, which must not be there yet.
        mask_ending: of the masks' names before ``.png``; ``".jpg"`` is for ``a.jpg.png``.
        label_map: what the masks' values or colours mean, as in a job's label map: a JSON file, or its content as a
            dictionary. Without one, a value is its class and 255 is ignored.
        validation: the share of pictures for validation, above 0 and below 1, or their names without suffix. By share,
            pictures are chosen by ``seed`` so that rare
            classes are on both sides too.
        seed: of that choice.
        link: whether pictures are hard links to the given ones where the file system allows it; else copies.

    Returns:
        What was written. The new masks hold class ids: no label map is needed for them.

    Raises:
        ChannelError: files cannot be used, with all problems; ``out`` is there.
    """
    conversion = Conversion(str(folder), out, link=link)
    place, meaning = Path(folder), _label_map(label_map)
    pictures: list[Annotated] = []
    with conversion.problems.at("folder"):
        masks = {
            path for path in _files(folder_at(place, "folder"), (_MASK_SUFFIX,)) if path.stem.endswith(mask_ending)
        }
        images = [path for path in _files(place, IMAGE_SUFFIXES) if path not in masks]
        expected = {path: path.with_name(f"{path.stem}{mask_ending}{_MASK_SUFFIX}") for path in images}
        rule = f"a picture must have a mask beside it with the same name and {mask_ending}{_MASK_SUFFIX}"
        pictures = _paired(expected, place, masks, place, meaning, conversion.problems, rule)
    return conversion.write_masks(pictures, meaning.names, validation, seed)


def split(
    images: PathLike,
    masks: PathLike,
    out: PathLike,
    *,
    label_map: LabelMapLike = None,
    validation: float | Sequence[str] = 0.2,
    seed: int = 0,
    link: bool = False,
) -> Converted:
    """Writes the folders of a job from a folder of images and one of masks: a part of them becomes the validation data.

    Args:
        images: the folder of images, at any depth.
        masks: the folder of masks, each with the path of its image but for the suffix.
        out, label_map, validation, seed, link: as of :func:`from_pairs`.

    Returns, Raises: as of :func:`from_pairs`.
    """
    conversion = Conversion(str(images), out, link=link)
    place, mask_place, meaning = Path(images), Path(masks), _label_map(label_map)
    pictures: list[Annotated] = []
    with conversion.problems.at("folder"):
        found = set(_files(folder_at(mask_place, "masks"), (_MASK_SUFFIX,)))
        expected = {
            path: (mask_place / path.relative_to(place)).with_suffix(_MASK_SUFFIX)
            for path in _files(folder_at(place, "images"), IMAGE_SUFFIXES)
        }
        rule = f"a picture must have a mask of the same path and name in {mask_place}"
        pictures = _paired(expected, place, found, mask_place, meaning, conversion.problems, rule)
    return conversion.write_masks(pictures, meaning.names, validation, seed)


def _label_map(given: LabelMapLike) -> LabelMap:
    if given is None:
        return LabelMap.identity()
    if isinstance(given, Mapping):
        return LabelMap.from_json(json.dumps(given), LABEL_MAP)
    return LabelMap.read(Path(given))


def _files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in suffixes and path.is_file() and not is_hidden(path.relative_to(folder).as_posix())
    )


def _paired(
    expected: Mapping[Path, Path],
    images: Path,
    masks: set[Path],
    mask_folder: Path,
    meaning: LabelMap,
    problems: ConversionProblems,
    rule: str,
) -> list[Annotated]:
    """Returns the pictures with their masks; a partner that is missing is a problem.

    Args:
        expected: the mask of each picture.
        rule: that a picture without its mask breaks.
    """
    pictures = []
    for path, mask in expected.items():
        place = path.relative_to(images).as_posix()
        with problems.at(place):
            if mask not in masks:
                raise Unusable(rule)
            draw = partial(_draw, mask=mask, meaning=meaning)
            pictures.append(Annotated(sample_name(path, images), path, place, None, draw))
    for mask in sorted(masks - set(expected.values())):
        problems.add(mask.relative_to(mask_folder).as_posix(), "a mask must have a picture")
    return pictures


def _draw(canvas: Canvas, mask: Path, meaning: LabelMap) -> None:
    values = read_mask(mask, mask.name, meaning.colours)
    classes = meaning.apply_allowed(values, 254)
    if classes is None:
        raise Unusable("the label map must say what each of its values means")
    canvas.fill(classes)
