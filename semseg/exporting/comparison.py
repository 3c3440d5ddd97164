"""Compares the answers of one network with those of another."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from semseg.engines.network import Network


@dataclass(frozen=True)
class Comparison:
    """The result of comparing two networks on the same pictures.

    Attributes:
        pictures: how many.
        largest_difference: between two probabilities, 0 to 1.
        equal_pixels: the share of pixels that got the same class, 0 to 1.
    """

    pictures: int
    largest_difference: float
    equal_pixels: float


def compare(network: Network, reference: Network, images: Iterable[np.ndarray]) -> Comparison | None:
    """Asks both networks for the probabilities of every image, (H, W, 3) uint8 RGB, at its own size; returns None
    without any image.
    """
    pictures = pixels = equal = 0
    largest = 0.0
    for image in images:
        size = (image.shape[0], image.shape[1])
        ours, theirs = (each.probabilities(image[np.newaxis], size)[0] for each in (network, reference))
        largest = max(largest, float(np.abs(ours - theirs).max()))
        equal += int(np.count_nonzero(ours.argmax(axis=0) == theirs.argmax(axis=0)))
        pixels += size[0] * size[1]
        pictures += 1
    return Comparison(pictures, largest, equal / pixels) if pictures else None
