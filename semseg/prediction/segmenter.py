"""Turns one picture of any size into probabilities or a mask of the same size, by the scale rule.

An endpoint and the scoring of whole pictures during training use this alike, so that they agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from semseg.contract.environment import PLAIN, TILE_PIXELS
from semseg.engines.network import Network
from semseg.prediction.blocks import Block, blocks
from semseg.prediction.resizing import Side, write_mask, write_probabilities
from semseg.prediction.scale import ScaleRule
from semseg.prediction.tiles import STRIDE, tile_spans
from semseg.prediction.views import largest_area, network_of_views


class Segmenter:
    """Resizes pictures to the size that the network works at, and its answers back to the size of the pictures.

    A picture that is larger than the network may see at once is looked at in overlapping tiles, and its answer is made
    part by part, so that the memory that it takes does not grow with its height.

    Args:
        network: used by one thread at a time.
        scale: the rule that gives the size at which the network sees a picture.
        tile_pixels: the most pixels that the network sees, or answers, at once.
        stride: pixels from one feature of the network to the next; 1 for one that judges each pixel alone.
        test_time_augmentation: "none", "flip" or "multiscale": the views of a picture, or of each of its tiles, whose
            mean is the answer.

    Attributes:
        tile_pixels: of the picture, so that the largest view has no more than the network may see.
    """

    def __init__(
        self,
        network: Network,
        scale: ScaleRule,
        tile_pixels: int = TILE_PIXELS.default,
        stride: int = STRIDE,
        test_time_augmentation: str = PLAIN,
    ) -> None:
        self.network = network_of_views(network, test_time_augmentation, scale.is_aligned)
        self.test_time_augmentation = test_time_augmentation
        self.scale = scale
        self.tile_pixels = int(tile_pixels / largest_area(test_time_augmentation))
        self.stride = stride

    def probabilities(self, image: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Returns the probabilities, (C, H, W) float32, of an image, (H, W, 3) uint8 RGB; written into ``out`` if it is
        given.
        """
        size = _size(image)
        if self.is_seen_at_once(*size):
            return _put(self.network.probabilities(self.scale.resized(image)[np.newaxis], size)[0], out)
        answer = np.empty((self.network.num_classes, *size), np.float32) if out is None else out
        self._write(image, partial(write_probabilities, out=answer))
        return answer

    def mask(self, image: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Returns the mask, (H, W) uint8, a class per pixel, of an image, (H, W, 3) uint8 RGB; written into ``out`` if
        it is given.
        """
        size = _size(image)
        if self.is_seen_at_once(*size):
            return _put(self.network.mask(self.scale.resized(image)[np.newaxis], size)[0], out)
        answer = np.empty(size, np.uint8) if out is None else out
        self._write(image, partial(write_mask, out=answer))
        return answer

    def sure_mask(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the mask, (H, W) uint8, of an image, (H, W, 3) uint8 RGB, as :meth:`mask` does, and its confidence,
        (H, W) float32: the probability of each pixel's class.
        """
        size = _size(image)
        mask, confidence = np.empty(size, np.uint8), np.empty(size, np.float32)
        write = partial(write_mask, out=mask, confidence=confidence)
        if self.is_seen_at_once(*size):
            probabilities = self.network.probabilities(self.scale.resized(image)[np.newaxis], size)[0]
            write(Block(0, 0, probabilities), *(Side(length, length) for length in size))
        else:
            self._write(image, write)
        return mask, confidence

    def masks(self, images: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Returns the masks of images of one size. They are computed together if the network can see such a picture at
        once.
        """
        size = _size(images[0])
        if not self.is_seen_at_once(*size):
            return [self.mask(image) for image in images]
        return list(self.network.mask(np.stack([self.scale.resized(image) for image in images]), size))

    def is_seen_at_once(self, height: int, width: int) -> bool:
        """Returns whether the network sees and answers a picture of this size as a whole."""
        return max(height * width, math.prod(self.scale.working_size(height, width))) <= self.tile_pixels

    def _write(self, image: np.ndarray, write: Callable[[Block, Side, Side], None]) -> None:
        """Writes the answer part by part."""
        prepared = self.scale.resized(image)
        spans = tile_spans(*_size(prepared), self.tile_pixels, self.stride)
        rows, columns = (Side(side[-1].end, length) for side, length in zip(spans, _size(image)))
        for block in blocks(prepared, *spans, self._of_tile):
            write(block, rows, columns)

    def _of_tile(self, tile: np.ndarray) -> np.ndarray:
        """Returns the probabilities of a tile at its own size, (C, h, w) float32."""
        return self.network.probabilities(np.ascontiguousarray(tile)[np.newaxis], _size(tile))[0]


def _put(answer: np.ndarray, out: np.ndarray | None) -> np.ndarray:
    if out is None:
        return answer
    out[...] = answer
    return out


def _size(image: np.ndarray) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
