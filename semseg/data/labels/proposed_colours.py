"""Proposes label maps of colours that fit what the masks of a channel hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from semseg.contract.label_maps import COLORS
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.colour import Colour, is_colour, read_colour, shown
from semseg.data.labels.colour_table import ColourTable
from semseg.data.labels.colours_seen import ColoursSeen

BLACK: Colour = (0, 0, 0)
_NEAR = 16  # of 255: a colour that is not farther away was meant to be the listed one
_MOST_NEAR = 12  # colours that are proposed to be added to a label map


def proposed_colours(seen: ColoursSeen, num_classes: int | None, written: Any = None) -> str:
    """Returns the JSON of a label map that makes a class of each colour.

    Greys of class ids become their classes. Where there is one colour more than classes, black is ignored. Else colours
    are numbered in rising order of red, green and blue.

    Args:
        num_classes: of the job, if there is one.
        written: the value of "map" in the label map that there is: where that lists these colours, each as
            [red, green, blue], its order of classes is kept.
    """
    if isinstance(written, dict) and _lists(written, seen):
        return json.dumps({COLORS: written})
    classes = {red for red, _, _ in seen.pixels} - {IGNORE}
    if num_classes is not None and seen.are_grey and all(label < num_classes for label in classes):
        return json.dumps({COLORS: {str(red): shown((red, red, red)) for red, _, _ in sorted(seen.pixels)}})
    is_ignored = num_classes is not None and len(seen.pixels) == num_classes + 1 and BLACK in seen.pixels
    return json.dumps({COLORS: numbered(seen.pixels, [BLACK] if is_ignored else [])})


def numbered(colours: Iterable[Colour], ignored: Iterable[Colour] = ()) -> dict[str, str | list[str]]:
    """Returns the value of "colors" that numbers colours in rising order of red, green and blue.

    Args:
        ignored: those among them that are ignored.
    """
    void = sorted(set(ignored))
    classes = [colour for colour in sorted(colours) if colour not in void]
    entries: dict[str, str | list[str]] = {str(label): shown(colour) for label, colour in enumerate(classes)}
    return {**entries, str(IGNORE): written(void)} if void else entries


def written(colours: list[Colour]) -> str | list[str]:
    """Returns the colours of one class as a label map has them."""
    return shown(colours[0]) if len(colours) == 1 else [shown(colour) for colour in colours]


def with_near_colours(description: Mapping[str, Any], seen: ColoursSeen, colours: ColourTable) -> str | None:
    """Returns the JSON of a label map with each of these colours at the class whose colour is nearest; None where one
    is too far from all, or where there are too many.
    """
    nearest = {colour: colours.nearest(colour) for colour in sorted(seen.pixels)}
    if len(nearest) > _MOST_NEAR or any(away > _NEAR for away, _, _ in nearest.values()):
        return None
    labels = sorted({label for _, label in colours.entries})
    own = {
        str(label): written(
            [*colours.colours_of(label), *(colour for colour in nearest if nearest[colour][2] == label)]
        )
        for label in labels
    }
    return json.dumps({**description, COLORS: own})


def _lists(entries: Mapping[str, Any], seen: ColoursSeen) -> bool:
    values = list(entries.values())
    return all(map(is_colour, values)) and set(seen.pixels) <= set(map(read_colour, values))
