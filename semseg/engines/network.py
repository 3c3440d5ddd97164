"""The interface that a network must have to answer pictures."""

from __future__ import annotations

from typing import Protocol

import numpy as np

AUX_PREFIX = "auxlayer."  # GluonCV's names of the auxiliary head's parameters, which only training uses, begin so
HEADS = ("head.", AUX_PREFIX)  # what the names of all parameters begin with that are not the encoder's


class Network(Protocol):
    """A network with its parameters, on its device. Use it from one thread at a time.

    Attributes:
        num_classes: C, the number of classes.
    """

    num_classes: int

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns the softmax over the classes at the images' own size, brought to ``size`` bilinearly.

        Args:
            images: (N, h, w, 3) uint8, RGB.
            size: (H, W) of the answer.

        Returns:
            (N, C, H, W) float32, 0 to 1.
        """
        ...

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, H, W) uint8: the first class of the highest of exactly those probabilities."""
        ...
