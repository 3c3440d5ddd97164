"""What the metadata of a manifest's masks says about their indices, and where two lines disagree about one.

A mask of Ground Truth holds indices; the ``internal-color-map`` of its line gives each a class and a colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semseg.contract.attribute_order import COLOUR_MAP
from semseg.contract.echoed import echoed
from semseg.contract.findings import SHOWN_FILES, WARNED, Finding

MOST_INDICES = 256


@dataclass(frozen=True)
class Meaning:
    """What an index is on one line.

    Attributes:
        place: the line, as sentences name it.
        words: the class and the colour, as sentences name them.
    """

    place: str
    words: str


class ColourMaps:
    """Keeps of each index what the first line says about it, and the first line that says something else."""

    def __init__(self) -> None:
        self.first: dict[int, Meaning] = {}
        self.other: dict[int, Meaning] = {}
        self._latest: object = None

    def add(self, place: str, metadata: Mapping[str, Any]) -> None:
        """Takes in the metadata of one mask; what is not understood is left out."""
        colour_map = metadata.get(COLOUR_MAP)
        if not isinstance(colour_map, dict) or colour_map == self._latest:
            return  # most lines say what the line before says
        self._latest = colour_map
        for key, entry in list(colour_map.items())[:MOST_INDICES]:
            words = _words(entry)
            if words and _is_index(key):
                self._take(int(key), Meaning(place, words))

    def _take(self, index: int, meaning: Meaning) -> None:
        if self.first.setdefault(index, meaning).words != meaning.words:
            self.other.setdefault(index, meaning)

    def with_those_of(self, others: ColourMaps) -> ColourMaps:
        """Returns both together, for manifests of one job."""
        both = ColourMaps()
        both.first, both.other = dict(self.first), dict(self.other)
        for index, meaning in others.first.items():
            both._take(index, meaning)
        for index, meaning in others.other.items():
            both._take(index, meaning)
        return both


def disagreements(maps: Sequence[ColourMaps], channel: str) -> list[Finding]:
    """Returns a warning for indices that two lines of a job's manifests give different classes or colours."""
    together = ColourMaps()
    for colours in maps:
        together = together.with_those_of(colours)
    indices = sorted(together.other)
    if not indices:
        return []
    told = [
        f"index {index} is {together.first[index].words} on {together.first[index].place} and "
        f"{together.other[index].words} on {together.other[index].place}"
        for index in indices[:SHOWN_FILES]
    ]
    more = f"; and {len(indices) - len(told)} more" if len(indices) > len(told) else ""
    count = f"{len(indices)} ind{'ex' if len(indices) == 1 else 'ices'}"
    sentence = (
        f"the colour maps disagree about {count}: {'; '.join(told)}{more}. A mask's index is its class, whatever its "
        f"colour map says: if the maps are right, bring the masks to one numbering"
    )
    files = tuple(place for index in indices for place in (together.first[index].place, together.other[index].place))
    return [Finding(WARNED, "colour-maps-disagree", channel, sentence, 0, files[: 2 * SHOWN_FILES])]


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdigit() and len(key) <= 3 and int(key) < MOST_INDICES


def _words(entry: object) -> str:
    """Returns the class and the colour of an entry: "'building' (#2ca02c)"; empty where it has neither."""
    if not isinstance(entry, dict):
        return ""
    name, colour = entry.get("class-name"), entry.get("hex-color")
    shown = colour[:9].lower() if isinstance(colour, str) else ""
    if isinstance(name, str):
        return echoed(name, 40) + (f" ({shown})" if shown else "")
    return shown
