"""The classes of a data set: how much of the pixels each has, and what weight would balance them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassShare:
    """One class of a data set.

    Attributes:
        number: the class.
        name: as the label map names it; "" where it does not.
        training: its share of the training pixels that have a class, 0 to 1.
        validation: likewise.
        weight: 1 / sqrt(training), scaled so that the mean over all these pixels is 1; 0.0 where no training pixel has
            the class.
    """

    number: int
    name: str
    training: float
    validation: float
    weight: float


def class_weights(shares: np.ndarray) -> np.ndarray:
    """Returns a weight for each class, (C,) float64, that makes up for a part of what is rare: 1 / sqrt(share), scaled
    to a mean of 1 over the pixels. With the whole, 1 / share, a class of few pixels would outweigh all others.

    Args:
        shares: (C,) float64, of the pixels of each class, which sum to 1; 0 of a class without pixels, whose weight is
            0.
    """
    weights = np.zeros_like(shares)
    present = shares > 0
    weights[present] = 1 / np.sqrt(shares[present])
    mean = float((weights * shares).sum())
    return weights / mean if mean else weights


def shares_of(pixels: np.ndarray) -> np.ndarray:
    """Returns the shares of classes, (C,) float64, given their pixels; all 0 where there are none."""
    return pixels / max(1, int(pixels.sum()))
