"""The slopes of the Lovász-Softmax loss by numpy, for what both engines compute on processors: there, sorting takes
their own operators three times as long and more.
"""

from __future__ import annotations

import numpy as np

from semseg.contract.png_mask import IGNORE

_HALF = 16  # bits of a float32


def jaccard_slopes(probabilities: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Returns by how much the Jaccard loss of each class grows with the probability that each pixel is given, (N, C, P)
    float32: at most 0 for the pixels of the class, at least 0 for others, and 0 where a pixel is ignored or a sample
    does not have the class.

    Args:
        probabilities: (N, C, P) float32 or float64.
        masks: (N, P) uint8, class per pixel, 255 = ignore.
    """
    slopes = np.zeros(probabilities.shape, np.float32)
    for of_sample, mask, found in zip(probabilities, masks, slopes):
        labelled = np.flatnonzero(mask != IGNORE)
        classes = mask[labelled]
        for number in np.flatnonzero(np.bincount(classes, minlength=len(of_sample))):
            found[number, labelled] = _of_class(of_sample[number, labelled], classes == number)
    return slopes


def _of_class(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Returns the slopes of a class, (P,) float32, of its probabilities, (P,), and where it is the truth, (P,) bool.

    The pixels are taken from the greatest error to the smallest; of equal errors those that come first. The loss is
    1 - I / U, with I pixels of the class that are still right, and U pixels that have the class or are given it. A
    pixel of the class takes 1 from I and adds 1 / U to the loss; another one, which U counts by then, adds
    I / (U (U - 1)). That is 0 where all of the class went before, so what comes then need not be sorted.
    """
    errors = np.abs(truth - probabilities).astype(np.float32, copy=False)
    counting = np.flatnonzero(errors >= errors[truth].min())
    order = counting[_descending(errors[counting])]
    inside = truth[order]
    right = (np.count_nonzero(truth) - np.cumsum(inside, dtype=np.int32)).astype(np.float32)
    union = right + np.arange(1, len(order) + 1, dtype=np.float32)
    slopes = np.zeros_like(errors)
    slopes[order] = np.where(inside, -1, right / np.maximum(union - 1, 1)) / union
    return slopes


def _descending(values: np.ndarray) -> np.ndarray:
    """Returns the places of values that are at least 0, (P,) float32, from the greatest to the smallest; of equal ones
    those that come first.

    The bits of such values are ordered as they are, and numpy sorts integers of 16 bits by counting: a half at a time,
    that takes a quarter of the time that its sorting of the values takes.
    """
    bits = ~values.view(np.uint32)
    order = bits.astype(np.uint16).argsort(kind="stable")
    return order[(bits >> _HALF).astype(np.uint16)[order].argsort(kind="stable")]
