"""Recognises colours that interpolation made: they lie between the colours that a mask was drawn in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from semseg.data.labels.colour import Colour

FEW = 6  # colours whose mixtures are looked at; those of more would be all over the place
_LEAST = 8  # mixtures that say something
_NEAR = 8.0  # of 255, between a mixture and the line from one colour to the other: JPEG and rounding leave it
_MOST = 0.6  # of the colours, that have to be mixtures; where three colours meet there are others


def are_mixtures(colours: Sequence[Colour], drawn: Sequence[Colour]) -> bool:
    """Returns whether most of the colours lie between two of those that a mask was drawn in, or beside one of them.

    Args:
        drawn: FEW at most, or the answer is False.
    """
    if len(colours) < _LEAST or not 2 <= len(drawn) <= FEW:
        return False
    points = np.array(colours, np.float64)
    nearest = np.full(len(points), np.inf)
    for one, other in combinations(np.array(drawn, np.float64), 2):
        line = other - one
        places = np.clip((points - one) @ line / (line @ line), 0.0, 1.0)
        distances = np.linalg.norm(points - one - places[:, np.newaxis] * line, axis=1)
        nearest = np.minimum(nearest, distances)
    return bool(np.mean(nearest <= _NEAR) >= _MOST)
