"""The colours of a label map, looked up for many pixels at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from semseg.data.labels.colour import Colour, distance

UNLISTED = 254  # what a pixel of a colour that has no class becomes: classes are less, and 255 is ignore
_COLOURS = 2**24
_KEPT_TABLES = 4  # of one process: a job has two label maps


@dataclass(frozen=True)
class ColourTable:
    """The class of each listed colour.

    Attributes:
        entries: each listed colour with its class, 0 to 253 or 255 = ignore, in rising order of classes.
    """

    entries: tuple[tuple[Colour, int], ...]

    @classmethod
    def of(cls, class_of: Mapping[Colour, int]) -> ColourTable:
        """Returns the table of a dictionary."""
        return cls(tuple(sorted(class_of.items(), key=lambda entry: (entry[1], entry[0]))))

    def look_up(self, pixels: np.ndarray) -> np.ndarray:
        """Returns the classes (uint8, UNLISTED where there is none) of pixels (any shape, see :func:`packed`)."""
        return np.take(_table(self.entries), pixels) ^ np.uint8(UNLISTED)

    def colours_of(self, label: int) -> list[Colour]:
        """Returns the colours of a class."""
        return [colour for colour, of in self.entries if of == label]

    def nearest(self, colour: Colour) -> tuple[int, Colour, int]:
        """Returns how far the nearest listed colour is away, that colour, and its class."""
        return min((distance(colour, listed), listed, label) for listed, label in self.entries)


def packed(colour: Colour) -> int:
    """Returns a colour as the number that the bytes red, green, blue, 0 are, the lowest first."""
    red, green, blue = colour
    return red | green << 8 | blue << 16


def unpacked(pixel: int) -> Colour:
    """Returns the colour that :func:`packed` made a number of."""
    return pixel & 255, pixel >> 8 & 255, pixel >> 16 & 255


@lru_cache(maxsize=_KEPT_TABLES)
def _table(entries: tuple[tuple[Colour, int], ...]) -> np.ndarray:
    """Returns the class of every colour there is, each with the bits of UNLISTED turned, so that what is not listed is
    0: of an array of zeros the system keeps only those parts in memory that were written to.
    """
    table = np.zeros(_COLOURS, np.uint8)
    for colour, label in entries:
        table[packed(colour)] = label ^ UNLISTED
    return table
