"""Counts the squares of 2 x 2 pixels of one value in a mask, which tell areas from edges."""

from __future__ import annotations

import numpy as np

_FEWEST_VALUES = 3  # of a mask that has one between two others
_BAND = 1 << 20  # pixels that are compared at a time


def squares_of(mask: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
    """Returns how many squares of 2 x 2 pixels of one value each raw value has, (256,) int64, wherever they begin; None
    for a mask of one or two values, which cannot be smoothed.

    Args:
        mask: (H, W) uint8, raw values.
        counts: (256,) integers, its number of pixels of each.
    """
    if np.count_nonzero(counts) < _FEWEST_VALUES:
        return None
    squares = np.zeros(256, np.int64)
    rows = max(1, _BAND // mask.shape[1])
    for top in range(0, mask.shape[0] - 1, rows):
        band = mask[top : top + rows + 1]
        corners = band[:-1, :-1]
        is_square = (corners == band[1:, :-1]) & (corners == band[:-1, 1:]) & (corners == band[1:, 1:])
        squares += np.bincount(corners[is_square], minlength=256)
    return squares
