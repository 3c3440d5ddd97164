"""Masks that are pictures: of class ids, or of colours."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.conversion.conversion_problems import Unusable
from semseg.data.labels.colour import Colour
from semseg.data.labels.colour import shown as colour_shown
from semseg.data.labels.colour_errors import UnlistedColoursError
from semseg.data.labels.colour_table import ColourTable
from semseg.data.pictures.image_files import read_mask
from semseg.plumbing.regular_file import read_regular

MAX_BYTES = 2**30
_SHOWN = 5


class _Content:
    """The bytes of a picture, as :func:`read_mask` takes a file."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    suffix = ".png"

    def read_bytes(self) -> bytes:
        return self._content


def stored_values(content: bytes, name: str) -> np.ndarray:
    """Returns the values of a mask's pixels as a PNG file stores them, (H, W) uint8; an ImageError names it."""
    return read_mask(_Content(content), name)


def classes_of_values(values: np.ndarray, class_of: Mapping[int, int]) -> np.ndarray:
    """Returns the classes (uint8, 255 = ignore) of stored values (uint8).

    Raises:
        Unusable: a value has no class.
    """
    table = np.full(256, IGNORE, np.uint8)
    for value, number in class_of.items():
        table[value] = number
    present = np.flatnonzero(np.bincount(values.ravel(), minlength=256))
    unknown = [int(value) for value in present if int(value) not in class_of]
    if unknown:
        seen = ", ".join(map(str, unknown[:_SHOWN]))
        raise Unusable(f"its pixel values must each have a class, got {seen}")
    return table[values]


def classes_of_colours(content: bytes, class_of: Mapping[Colour, int]) -> np.ndarray:
    """Returns the classes (uint8, 255 = ignore) of a mask by the colours that a viewer shows.

    Raises:
        ImageError: it is no PNG picture, or damaged.
        Unusable: a colour has no class.
    """
    try:
        return read_mask(_Content(content), "its mask", ColourTable.of(class_of))
    except UnlistedColoursError as error:
        told = ", ".join(map(colour_shown, error.seen.most_common()[:_SHOWN]))
        raise Unusable(f"its colours must each have a class, got {told}") from error


def read_mask_file(path: Path) -> bytes:
    """Returns the bytes of a mask's file.

    Raises:
        Unusable: it cannot be read.
    """
    try:
        return read_regular(path, MAX_BYTES)
    except OSError as error:
        raise Unusable(f"its mask {path.name} cannot be read: {error.strerror}") from error
