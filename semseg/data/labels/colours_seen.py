"""The colours that masks hold, counted in little memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from semseg.data.labels.colour import Colour, shown
from semseg.data.labels.colour_table import unpacked
from semseg.data.labels.mixed_colours import FEW, are_mixtures
from semseg.plumbing.counted import counted

MOST = 256  # colours that are kept
MOST_FLAT = 32  # colours that a mask may have been drawn in: many more that are not listed come from smoothing
_SLACK = 4  # times as many may be counted before those with the fewest pixels are left out
_SHOWN = 6  # colours that a sentence names


class ColoursSeen:
    """Counts of colours, in one mask or in many.

    Where there are more than 1,024 of them, those with the fewest pixels are left out, and counts of rare ones may be
    too low.

    Attributes:
        pixels: how many pixels have each colour.
        masks: in how many masks each colour is.
        total: pixels that were counted, those of colours that were left out too.
        is_whole: whether no colour was left out.
    """

    def __init__(self) -> None:
        self.pixels: Counter[Colour] = Counter()
        self.masks: Counter[Colour] = Counter()
        self.total = 0
        self.is_whole = True

    def add_pixels(self, pixels: np.ndarray) -> None:
        """Counts pixels of one and the same mask, packed as :func:`semseg.data.labels.colour_table.packed` does."""
        self.total += pixels.size
        values, counts = np.unique(pixels, return_counts=True)
        if len(values) > MOST * _SLACK:
            order = np.argsort(-counts, kind="stable")[: MOST * _SLACK]
            values, counts, self.is_whole = values[order], counts[order], False
        for value, count in zip(values.tolist(), counts.tolist()):
            colour = unpacked(value)
            self.pixels[colour] += count
            self.masks[colour] = 1
        self._bound()

    def add(self, other: ColoursSeen) -> None:
        """Counts the colours of another mask."""
        self.pixels.update(other.pixels)
        self.masks.update(other.masks)
        self.total += other.total
        self.is_whole &= other.is_whole
        self._bound()

    def most_common(self) -> list[Colour]:
        """Returns the colours, those with the most pixels first."""
        return sorted(self.pixels, key=lambda colour: (-self.pixels[colour], colour))

    @property
    def are_grey(self) -> bool:
        """Returns whether red, green and blue are equal in all of them."""
        return all(red == green == blue for red, green, blue in self.pixels)

    @property
    def are_too_many(self) -> bool:
        """Returns whether there are more colours than a mask can hold classes."""
        return not self.is_whole or len(self.pixels) >= MOST

    def look_smoothed(self, pixels: int) -> bool:
        """Returns whether these colours, which are all that there are in so many pixels, come from interpolation: most
        pixels have one of a few, and the others lie between those.
        """
        common = self.most_common()
        if 2 * sum(self.pixels[colour] for colour in common[:MOST_FLAT]) < pixels:
            return False
        return self.are_too_many or are_mixtures(common[FEW:], common[:FEW])

    def look_smoothed_beside(self, listed: Sequence[Colour], pixels: int) -> bool:
        """Returns whether these colours come from interpolation, where most of so many pixels have one of those
        listed.
        """
        is_rest = 2 * self.total < pixels
        return is_rest and (len(self.pixels) > MOST_FLAT or are_mixtures(self.most_common(), listed))

    def number(self) -> str:
        """Returns how many colours there are, as "3 colours" or "more than 256 colours"."""
        return counted(len(self.pixels), "colour") if self.is_whole else f"more than {MOST} colours"

    def listed(self, most: int = _SHOWN) -> str:
        """Returns a text that names the most common colours, each with its number of pixels."""
        common = self.most_common()
        told = [f"{shown(colour)} in {counted(self.pixels[colour], 'pixel')}" for colour in common[:most]]
        return joined(told, self.more_than(len(told)))

    def more_than(self, shown_colours: int) -> str:
        """Returns how many colours there are beside those that are shown, as "5 more colours"; "" for none."""
        if not self.is_whole:
            return "many more colours"
        more = len(self.pixels) - shown_colours
        return counted(more, "more colour") if more else ""

    def _bound(self) -> None:
        if len(self.pixels) <= MOST * _SLACK:
            return
        kept = self.most_common()[:MOST]
        self.pixels = Counter({colour: self.pixels[colour] for colour in kept})
        self.masks = Counter({colour: self.masks[colour] for colour in kept})
        self.is_whole = False


def joined(told: Sequence[str], more: str) -> str:
    """Returns "a, b and c", or "a, b and 5 more colours" where ``more`` says so."""
    parts = [*told, more] if more else list(told)
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
