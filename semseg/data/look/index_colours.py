"""Palettes that give one index different colours: then classes are mixed up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from semseg.contract.findings import WARNED, Finding
from semseg.data.labels.colour import Colour
from semseg.data.look.counted_files import CountedFiles
from semseg.data.pictures.facts import MaskFacts
from semseg.plumbing.counted import counted

_MOST_COLOURS = 8  # of one index, that are told apart


class IndexColours:
    """The colours that the masks of a channel give their indices. It keeps a few names and no mask.

    Attributes:
        colours_of: of each index the masks of each colour, at most eight colours.
    """

    def __init__(self) -> None:
        self.colours_of: dict[int, dict[Colour, CountedFiles]] = {}

    def add(self, name: str, colours: Mapping[int, Colour]) -> None:
        """Takes in one mask.

        Args:
            name: of its file.
            colours: of each index that the mask uses.
        """
        for index, colour in colours.items():
            known = self.colours_of.setdefault(index, {})
            if colour in known or len(known) < _MOST_COLOURS:
                known.setdefault(colour, CountedFiles()).add(name)

    def disagreements(self) -> dict[int, list[tuple[Colour, str]]]:
        """Returns the indices that have several colours: of each the colours with the name of one mask, the first mask
        first.
        """
        found = {}
        for index in sorted(self.colours_of):
            named = [(colour, files.names[0]) for colour, files in self.colours_of[index].items()]
            if len(named) > 1:
                found[index] = sorted(named, key=lambda pair: (pair[1], pair[0]))
        return found

    @classmethod
    def together(cls, parts: Iterable[IndexColours]) -> IndexColours:
        """Returns the colours of several channels."""
        whole = cls()
        for part in parts:
            for index, colours in part.colours_of.items():
                known = whole.colours_of.setdefault(index, {})
                for colour, files in colours.items():
                    known[colour] = CountedFiles.together([known.get(colour, CountedFiles()), files])
        return whole

    def finding(self, channel: str) -> Finding | None:
        """Returns the warning of indices that have several colours; None where there are none.

        Args:
            channel: name of the channel of the masks.
        """
        found = self.disagreements()
        if not found:
            return None
        index, [(one, first), (other, second), *_] = next(iter(found.items()))
        more = len(found) - 1
        several = f", {counted(more, 'more index', 'more indices')} likewise" if more else ""
        sentence = (
            f"the palettes of masks disagree: index {index} is {_shown(one)} in {first} and {_shown(other)} in "
            f"{second}{several}: the index is the class, not the colour, so classes are mixed up if colours are right: "
            "save all masks with one palette"
        )
        return Finding(WARNED, "palettes-disagree", channel, sentence, 0, (first, second))


def used_colours(mask: MaskFacts) -> dict[int, Colour]:
    """Returns the colours of those indices of a palette mask that pixels have; none for another mask."""
    if mask.palette is None:
        return {}
    table = np.frombuffer(mask.palette, np.uint8)[: len(mask.palette) // 3 * 3].reshape(-1, 3)
    used = [int(index) for index in np.flatnonzero(mask.counts) if index < len(table)]
    return {index: (int(table[index, 0]), int(table[index, 1]), int(table[index, 2])) for index in used}


def _shown(colour: Colour) -> str:
    return ",".join(map(str, colour))
