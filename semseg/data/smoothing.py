"""Tells from the histogram of one mask whether it looks scaled or smoothed with interpolation, or once saved as JPEG.

Most of its pixels have few flat values. Along edges stand many others, each in a few pixels, that are no classes.
"""

from __future__ import annotations

import numpy as np

_VALUES = np.arange(256)

# Measured on masks of 2 and 3 classes after bilinear, bicubic and Lanczos scaling by 0.6 to 2, Gaussian blur and JPEG
# of quality 30 to 95, and on CamVid, on masks of up to 250 classes and on masks of up to 240 objects.
_FLAT_SHARE = 0.01  # of the pixels, that a flat value has at least
_FLAT_TIMES = 2  # as many pixels as the next, that the value of a small object has
_NEAR = 4  # within so many values of a flat one all others together have fewer pixels than it
FEWEST_OTHERS = 4  # different values beside the flat ones: an edge drawn with a value of its own is none
_MOST_MEAN_SHARE = 0.015  # of the pixels, that one of the other values has on average
_MOST_SHARE = 0.03  # of the pixels, that one of them has which is not beside a flat one
_APART_SHARE = 0.4  # of the pixels, that all of those have; there are fewer of them the nearer the flat values are, and
_APART_MEAN_SHARE = 0.004  # so much they may have on average in any case
_BESIDE = 2  # so near to a flat value another one may have more pixels: JPEG moves whole areas by one
_BEYOND = 24  # JPEG and sharp filters go so far beyond the lowest and the highest flat value
_ZONE = 0.3  # of the way between the lowest and the highest flat value: other values stand near both
_LEAST_BALANCE = 0.4  # of the different values near the one to those near the other: ids of objects stand near one


def flat_values(counts: np.ndarray) -> np.ndarray:
    """Returns the raw values that many pixels of a mask have, and few pixels a value near them, in rising order; also
    the one of a small object, which has fewer pixels, but many more than the next.
    """
    sums = np.concatenate([[0], np.cumsum(counts)])
    around = sums[np.minimum(256, _VALUES + _NEAR + 1)] - sums[np.maximum(0, _VALUES - _NEAR)]
    peaks = np.flatnonzero((2 * counts > around) & (counts > 0))
    falling = peaks[np.argsort(-counts[peaks], kind="stable")]
    many = np.count_nonzero(counts[falling] >= _FLAT_SHARE * sums[-1])
    heights = [*counts[falling].tolist(), 0, 0]
    return np.sort(falling[: many + (heights[many] >= _FLAT_TIMES * heights[many + 1])])


def looks_smoothed(counts: np.ndarray, flat: np.ndarray) -> bool:
    """Returns whether the histogram of one mask is that of a smoothed one.

    Args:
        counts: (256,) integers, the number of pixels of each raw value.
        flat: as of :func:`flat_values`.
    """
    if len(flat) < 2:
        return False
    others = counts.copy()
    others[flat] = 0
    different, pixels, total = np.count_nonzero(others), others.sum(), counts.sum()
    if different < FEWEST_OTHERS or 2 * pixels > total or pixels > _MOST_MEAN_SHARE * different * total:
        return False
    lowest, highest = int(flat[0]), int(flat[-1])
    within = others[max(0, lowest - _BEYOND) : highest + _BEYOND + 1].sum()
    return (
        bool(within >= 0.9 * pixels) and _are_sparse(others, flat, total) and _stand_near_both(others, lowest, highest)
    )


def _are_sparse(others: np.ndarray, flat: np.ndarray, total: int) -> bool:
    """Returns whether the values that are not beside flat ones have few pixels each, as edges have."""
    apart, between = others.copy(), int(flat[-1] - flat[0])
    for value in flat:
        apart[max(0, value - _BESIDE) : value + _BESIDE + 1] = 0
        between -= 2 * _BESIDE + 1
    most_mean = max(_APART_MEAN_SHARE, min(_MOST_MEAN_SHARE, _APART_SHARE / max(1, between)))
    return bool(apart.max() <= _MOST_SHARE * total and apart.sum() <= most_mean * total * np.count_nonzero(apart))


def _stand_near_both(others: np.ndarray, lowest: int, highest: int) -> bool:
    zone = max(1, int(_ZONE * (highest - lowest)))
    near = [
        np.count_nonzero(others[lowest + 1 : lowest + zone + 1]),
        np.count_nonzero(others[highest - zone : highest]),
    ]
    return min(near) >= max(1, _LEAST_BALANCE * max(near))
