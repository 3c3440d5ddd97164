"""Writes masks of class ids, as SageMaker's own algorithm reads them, from masks that need a label map."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

import numpy as np

from semseg.contract.pairing import MASK_SUFFIXES, written_suffixes
from semseg.contract.png_mask import encode
from semseg.contract.problems import raise_problems
from semseg.data.labels.channel_colours import ChannelColours
from semseg.data.labels.colour_errors import MaskColoursError
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.image_files import read_mask
from semseg.data.samples import list_folder
from semseg.errors import ImageError, UserError
from semseg.plumbing.ordered_map import ordered_map
from semseg.plumbing.whole_file import beside

_CLASSES = 254  # the most that a job can have
_WORKERS = 4  # threads that read and write

Place = Union[str, "os.PathLike[str]"]


def convert_masks(source: Place, target: Place, label_map: Union[Mapping[str, Any], Place]) -> int:
    """Writes a mask of class ids, an 8-bit greyscale PNG, for each mask below a folder; no pixel is lost.

    The new masks need no label map: a pixel's value is its class, and 255 is ignored. They are written all or none.

    Args:
        source: the folder of the masks, at any depth.
        target: where the new masks are written, with the same names; a new or empty folder.
        label_map: a dictionary, such as ``{"colors": {"0": "#4682b4", "255": "#000000"}}``, or the path of its JSON.

    Returns:
        How many masks were written.

    Raises:
        UserError: there are no masks, or the folder is not empty.
        ChannelError: the label map cannot be used, or masks have colours or values that it does not name.
    """
    meaning = _label_map(label_map)
    folder, new = Path(source), Path(target)
    names = sorted(name for name in list_folder(folder).pictures if Path(name).suffix.lower() in MASK_SUFFIXES)
    if not names:
        raise UserError(f"{folder} must hold masks, {written_suffixes(MASK_SUFFIXES)} files, got none")
    if new.exists() and (not new.is_dir() or any(new.iterdir())):
        raise UserError(f"{new} must be a new or an empty folder, and there is something")
    colours = ChannelColours(str(folder), meaning, None)
    problems: list[str] = []
    new.parent.mkdir(parents=True, exist_ok=True)
    with beside(new, forced=False) as part:

        def convert(name: str) -> None:
            try:
                classes = _classes(folder / name, meaning)
                place = part / Path(name).with_suffix(".png")
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(encode(classes))
            except MaskColoursError as error:
                colours.add(f"{folder}/{name}", error)
            except ImageError as error:
                problems.append(str(error))

        for _ in ordered_map(convert, names, _WORKERS):
            pass
        raise_problems([*(finding.sentence for finding in colours.findings(len(names))), *problems])
    return len(names)


def _label_map(given: Union[Mapping[str, Any], Place]) -> LabelMap:
    if isinstance(given, Mapping):
        return LabelMap.from_json(json.dumps(dict(given)), "label_map")  # whose keys are text, also where they are not
    return LabelMap.read(Path(given))


def _classes(path: Path, label_map: LabelMap) -> np.ndarray:
    raw = read_mask(path, str(path), label_map.colours)
    classes = label_map.apply_allowed(raw, _CLASSES)
    if classes is None:
        unknown = [str(value) for value in np.unique(raw) if not label_map.known[value]]
        raise ImageError(f"{path} holds pixel value {', '.join(unknown[:5])}, which the label map does not name")
    return classes
