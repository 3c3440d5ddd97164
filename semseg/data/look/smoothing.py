"""Tells whether a mask looks scaled or smoothed with interpolation, or once saved as JPEG.

The pixels of a class make areas. What smoothing and JPEG add stands along edges: many values, of which hardly any makes
an area as large as a square of 2 x 2 pixels.
"""

from __future__ import annotations

import numpy as np

from semseg.data.pictures.facts import MaskFacts

FEWEST_AT_EDGES = 4  # different values: an edge that is drawn with a value of its own is no smoothing
_LEAST_SQUARES = 0.1  # of the pixels of a value that makes areas: they begin squares of 2 x 2 pixels of this value
_MOST_AT_EDGES = 0.6  # of the pixels; small masks have many edges


def at_edges(facts: MaskFacts) -> np.ndarray:
    """Returns which raw values of a mask stand at edges alone, (256,) bool."""
    if facts.squares is None:
        return np.zeros(256, bool)
    return (facts.counts > 0) & (facts.squares < _LEAST_SQUARES * facts.counts)


def looks_smoothed(facts: MaskFacts) -> bool:
    """Returns whether many values of a mask stand at edges alone, more than make areas, and most pixels do not."""
    edges = at_edges(facts)
    different, areas = np.count_nonzero(edges), np.count_nonzero((facts.counts > 0) & ~edges)
    is_of_edges = different >= FEWEST_AT_EDGES and different > areas
    return bool(is_of_edges and facts.counts[edges].sum() <= _MOST_AT_EDGES * facts.counts.sum())
