"""One picture of any size becomes probabilities or a mask of the same size, by the scale rule.

An endpoint and the scoring of whole pictures during training use this alike, so that they agree.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PIL import Image

from semseg.data.normalization import normalize
from semseg.prediction.scale import working_size


class Network(Protocol):
    """What a segmenter is handed: a network on its device."""

    num_classes: int

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Softmax over the classes at the images' own size, then bilinear to ``size``.

        Args:
            images: (N, 3, h, w) float32, normalised.
            size: (H, W) of the answer.

        Returns:
            (N, C, H, W) float32.
        """
        ...

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """(N, H, W) uint8: the first arg-max over the classes of exactly those probabilities."""
        ...


class Segmenter:
    """Brings pictures to the size that the network works at, and its answers back to theirs.

    Args:
        network: used by one thread at a time.
        base_size: of the scale rule, in pixels; None lets every picture keep its size.
    """

    def __init__(self, network: Network, base_size: int | None) -> None:
        self.network = network
        self.base_size = base_size

    def probabilities(self, image: np.ndarray) -> np.ndarray:
        """(C, H, W) float32 of an image, (H, W, 3) uint8 RGB."""
        return self.network.probabilities(self._prepare(image), _size(image))[0]

    def mask(self, image: np.ndarray) -> np.ndarray:
        """(H, W) uint8, a class per pixel, of an image, (H, W, 3) uint8 RGB."""
        return self.network.mask(self._prepare(image), _size(image))[0]

    def _prepare(self, image: np.ndarray) -> np.ndarray:
        """The one image as a batch, (1, 3, h, w) float32, at its working size."""
        height, width = working_size(*_size(image), self.base_size)
        if (height, width) != _size(image):
            image = np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
        return normalize(image)[np.newaxis]


def _size(image: np.ndarray) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
