"""One picture of any size becomes probabilities or a mask of the same size, by the scale rule.

An endpoint and the scoring of whole pictures during training use this alike, so that they agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from PIL import Image

from semseg.prediction.scale import working_size


class Network(Protocol):
    """What a segmenter is handed: a network on its device."""

    num_classes: int

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Softmax over the classes at the images' own size, then bilinear to ``size``.

        Args:
            images: (N, h, w, 3) uint8, RGB.
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

    def probabilities(self, image: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """(C, H, W) float32 of an image, (H, W, 3) uint8 RGB; written into ``out`` where it is given."""
        return _put(self.network.probabilities(self._prepare(image)[np.newaxis], _size(image))[0], out)

    def mask(self, image: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """(H, W) uint8, a class per pixel, of an image, (H, W, 3) uint8 RGB; written into ``out`` where it is given."""
        return _put(self.network.mask(self._prepare(image)[np.newaxis], _size(image))[0], out)

    def masks(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The masks of images of one size, computed together."""
        return list(self.network.mask(np.stack([self._prepare(image) for image in images]), _size(images[0])))

    def working_size(self, height: int, width: int) -> tuple[int, int]:
        """The (height, width) at which the network looks at a picture of this size."""
        return working_size(height, width, self.base_size)

    def _prepare(self, image: np.ndarray) -> np.ndarray:
        """The image at its working size, (h, w, 3) uint8."""
        height, width = self.working_size(*_size(image))
        if (height, width) == _size(image):
            return image
        return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))


def _put(answer: np.ndarray, out: np.ndarray | None) -> np.ndarray:
    if out is None:
        return answer
    out[...] = answer
    return out


def _size(image: np.ndarray) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
