"""Proposes a label map that fits the pixel values of a channel's masks."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.data.label_map import LabelMap

_MOST_CLASSES = 32  # that a sentence names one by one
_MOST_MORE = 8  # where they are more than num_classes: many more come from a blurred edge, not from classes


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
    return json.dumps(turned.description)


def one_value_per_class(present: np.ndarray, num_classes: int) -> Proposal | None:
    """Returns the label map that makes a class of each pixel value, in rising order; None for one value or too many.

    If there are more values than classes, 255 is left out first: it stays "ignore".
    """
    values = [int(value) for value in np.flatnonzero(present)]
    if len(values) > max(num_classes, 2):
        values = [value for value in values if value != IGNORE]
    if not 2 <= len(values) <= max(min(num_classes, _MOST_CLASSES), _MOST_MORE):
        return None
    entries = {str(label): value for label, value in enumerate(values)}
    return Proposal(json.dumps({"map": entries}), max(num_classes, len(values)))
