"""Test-time augmentation: the mean of a network's answers to several views of a picture.

``flip`` takes the picture and its mirror image. ``multiscale`` takes both at 0.75, 1 and 1.25 times the size at which
the network sees the picture, or up to 7 pixels less where that size is aligned, so that these are too. Each answer is
turned back and brought to the size that is asked for, and all count alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image

from semseg.contract.environment import FLIP, MULTISCALE, PLAIN
from semseg.engines.network import Network
from semseg.prediction.blocks import Block
from semseg.prediction.resizing import Side, write_mask
from semseg.prediction.scale import aligned_down


class View(NamedTuple):
    """How a picture is shown: how many times as large, and whether mirrored from left to right."""

    scale: float
    is_mirrored: bool


VIEWS = {
    PLAIN: (View(1.0, False),),
    FLIP: (View(1.0, False), View(1.0, True)),
    MULTISCALE: tuple(View(scale, is_mirrored) for scale in (0.75, 1.0, 1.25) for is_mirrored in (False, True)),
}


def largest_area(test_time_augmentation: str) -> float:
    """Returns how many times as many pixels as the picture the largest view has."""
    return max(view.scale**2 for view in VIEWS[test_time_augmentation])


def network_of_views(network: Network, test_time_augmentation: str, is_aligned: bool = False) -> Network:
    """Returns the network that answers by the mean over the views; the network itself where there is only one.

    Args:
        test_time_augmentation: "none", "flip" or "multiscale".
        is_aligned: whether sizes that it sees are aligned; see :class:`semseg.prediction.scale.ScaleRule`.
    """
    views = VIEWS[test_time_augmentation]
    return network if len(views) == 1 else NetworkOfViews(network, views, is_aligned)


class NetworkOfViews:
    """A network whose probabilities are the mean over several views of each picture.

    The views are computed one after the other, so that they need the memory of one of them and of one more answer.

    Args:
        network: that sees the views.
        views: at least one.
        is_aligned: whether the sizes of larger and smaller views are aligned, as those of the pictures are.
    """

    def __init__(self, network: Network, views: tuple[View, ...], is_aligned: bool) -> None:
        self.num_classes = network.num_classes
        self._network = network
        self._views = views
        self._is_aligned = is_aligned

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, C, H, W) float32, as :class:`semseg.engines.network.Network` describes it."""
        total = np.zeros((len(images), self.num_classes, *size), np.float32)
        for view in self._views:
            total += self._seen(view, images, size)
        total /= len(self._views)
        return total

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, H, W) uint8: the first class of the highest of these probabilities."""
        masks = np.empty((len(images), *size), np.uint8)
        rows, columns = (Side(length, length) for length in size)
        for mask, probabilities in zip(masks, self.probabilities(images, size)):
            write_mask(Block(0, 0, probabilities), rows, columns, mask)
        return masks

    def _seen(self, view: View, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns the answer to a view, turned back."""
        shown = images if view.scale == 1 else np.stack([self._scaled(image, view.scale) for image in images])
        if not view.is_mirrored:
            return self._network.probabilities(shown, size)
        return self._network.probabilities(np.ascontiguousarray(shown[:, :, ::-1]), size)[..., ::-1]

    def _scaled(self, image: np.ndarray, scale: float) -> np.ndarray:
        """Returns an image, (H, W, 3) uint8, at another size, resized bilinearly."""
        height, width = (max(1, round(scale * length)) for length in image.shape[:2])
        if self._is_aligned:
            height, width = aligned_down(height), aligned_down(width)
        return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
