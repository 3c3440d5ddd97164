"""Proposes a label map that fits the pixel values of a channel's masks."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Union

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.data.labels.label_map import LabelMap

WRONG_WAY = "is the wrong way round (each key is a class, each value the pixel value in the mask)"  # a label map

MapEntries = Mapping[str, Union[int, list[int]]]  # of each class, its pixel value or values

_MOST_CLASSES = 32  # that a label map names one by one
_MOST_MORE = 8  # where they are more than num_classes: many more come from a blurred edge, not from classes
_SHOWN_ENTRIES = 12  # of a label map in a sentence; of more the first two and the last two


@dataclass(frozen=True)
class Proposal:
    """A label map, as JSON, and the number of classes that it needs."""

    json: str
    num_classes: int


def right_way_round(label_map: LabelMap, present: np.ndarray, num_classes: int) -> str | None:
    """Returns the JSON of the label map with keys and values exchanged, where it was written the wrong way round.

    A map counts as written the wrong way round if the exchange gives every pixel value a meaning, and gives more
    classes than before, at least two.

    Args:
        present: (256,) bool, whether the masks hold the raw value.
    """
    turned = label_map.turned_round()
    if turned is None:
        return None
    before = len(label_map.classes(num_classes, present))
    if (present & ~turned.allowed(num_classes)).any() or len(turned.classes(num_classes, present)) <= max(1, before):
        return None
    return shown_map(turned.description["map"])


def one_value_per_class(present: np.ndarray, num_classes: int) -> Proposal | None:
    """Returns the label map that makes a class of each pixel value, in rising order; None for one value or too many.

    If there are more values than classes, 255 is left out first: it stays "ignore".
    """
    values = [int(value) for value in np.flatnonzero(present)]
    if len(values) > max(num_classes, 2):
        values = [value for value in values if value != IGNORE]
    if not 2 <= len(values) <= max(min(num_classes, _MOST_CLASSES), _MOST_MORE):
        return None
    return Proposal(map_from(values), max(num_classes, len(values)))


def divided(present: np.ndarray, num_classes: int) -> str | None:
    """Returns the JSON of the scale that makes classes of multiples of one number, such as 0, 10 and 20; None where
    that gives other classes than the first ones, or leaves one out. 255 stays "ignore".
    """
    values = [int(value) for value in np.flatnonzero(present) if value != IGNORE]
    scale = math.gcd(*values) if values else 0
    fits = scale > 1 and len(values) > 2 and [value // scale for value in values] == list(range(len(values)))
    return json.dumps({"scale": scale}) if fits and len(values) <= num_classes else None


def with_ignored(label_map: LabelMap, ignored: Sequence[int], num_classes: int) -> str:
    """Returns the JSON of a label map that says the same as another one, and that some pixel values are ignored.

    Args:
        num_classes: of the job: where there is no label map, each of them keeps its value.
    """
    entries: dict[str, int | list[int]] = {str(label): label for label in range(num_classes)}
    if not label_map.is_identity:
        entries = dict(label_map.description.get("map", {}))
    already = entries.pop(str(IGNORE), [])
    values = [*(already if isinstance(already, list) else [already]), *ignored]
    return shown_map({**entries, str(IGNORE): values[0] if len(values) == 1 else values})


def map_from(values: Sequence[int]) -> str:
    """Returns the JSON of the label map that makes class 0 of the first pixel value, class 1 of the second, ..."""
    return shown_map({str(label): value for label, value in enumerate(values)})


def shown_map(entries: MapEntries) -> str:
    """Returns the JSON of a label map, in a sentence: of a long one the first entries and the last."""
    shown = json.dumps({"map": dict(entries)})
    if len(entries) <= _SHOWN_ENTRIES:
        return shown
    pairs = [f'"{label}": {json.dumps(value)}' for label, value in entries.items()]
    return f'{{"map": {{{", ".join([*pairs[:2], "...", *pairs[-2:]])}}}}}'
