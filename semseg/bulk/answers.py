"""Somebody who turns one picture into a mask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Union

import numpy as np

from semseg.data.pictures.picture import Picture

Source = Union[Picture, np.ndarray]  # a picture file, or a frame, (H, W, 3) uint8 RGB
Room = Callable[[tuple[int, int, int]], np.ndarray]  # makes an array, (C, H, W) float32, to write into


@dataclass(frozen=True)
class Answer:
    """A picture, (H, W, 3) uint8 RGB, and its mask, (H, W) uint8."""

    image: np.ndarray
    mask: np.ndarray


class SureMask(NamedTuple):
    """A mask, (H, W) uint8, and its confidence, (H, W) float32: the probability of each pixel's class; None where it is
    not known.
    """

    mask: np.ndarray
    confidence: np.ndarray | None


class Answers(Protocol):
    """An engine or an endpoint. It may be asked from as many threads at a time as ``workers`` says."""

    @property
    def workers(self) -> int: ...

    def answer(self, source: Source, room: Room | None = None) -> Answer:
        """Returns a picture with its mask.

        Args:
            room: where the probabilities of all classes go; None where they are not wanted.

        Raises:
            ImageError: the picture cannot be read.
            RequestError: it is refused.
        """
        ...

    @property
    def test_time_augmentation(self) -> str | None:
        """By which pictures are answered: "none", "flip" or "multiscale"; None where it is not known."""
        ...

    def sure_mask(self, source: Source, image: np.ndarray) -> SureMask:
        """Returns the mask of a picture that was read already, with its confidence where that is known.

        Args:
            image: (H, W, 3) uint8 RGB.

        Raises:
            RequestError: it is refused.
        """
        ...


def most_probable(probabilities: np.ndarray) -> np.ndarray:
    """Returns the first class of the highest probability, (H, W) uint8, row by row, of (C, H, W) float32."""
    mask = np.empty(probabilities.shape[1:], np.uint8)
    for row in range(len(mask)):
        mask[row] = probabilities[:, row].argmax(axis=0)
    return mask
