"""What a pixel of each class weighs, so that classes of few pixels are learned too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_DIGITS = 6  # of a weight in a job's log, and in its loss


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


def balanced_weights(pixels: Sequence[int]) -> tuple[float, ...]:
    """Returns the weight of each class in a job's loss, to six digits; 1 of a class without pixels.

    Args:
        pixels: of each class, in the training masks.
    """
    weights = class_weights(shares_of(np.array(pixels)))
    return tuple(float(f"{weight:.{_DIGITS}g}") if count else 1.0 for weight, count in zip(weights, pixels))
