"""The scale rule, which gives the size at which the network sees a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from semseg.prediction.tiles import STRIDE

# Training scales the long side to 0.5 to 2.0 times base_size, which is 1.25 in the mean. Towards twice its base_size a
# network knows less: docs/measurements.md has the scores of eleven networks by the size at which they look.
SMALLEST = 0.5
LARGEST = 1.5


@dataclass(frozen=True)
class ScaleRule:
    """The rule by which pictures are resized before the network sees them.

    A picture whose long side lies within 0.5 to 1.5 times ``base_size`` keeps its size. Any other is scaled, its aspect
    kept, until its long side meets the nearer bound.

    Attributes:
        base_size: in pixels; with None every picture keeps its size.
        is_aligned: then each side is changed to the nearest multiple of 8 and 1 more, by 4 pixels at most: there the
            first and the last feature of the network, which it places at the first and the last pixel, lie on them.
    """

    base_size: int | None
    is_aligned: bool = False

    def working_size(self, height: int, width: int) -> tuple[int, int]:
        """Returns the (height, width) in pixels at which the network sees a picture of this size."""
        scale = self._scale(max(height, width))
        size = max(1, round(height * scale)), max(1, round(width * scale))
        return (_aligned(size[0]), _aligned(size[1])) if self.is_aligned else size

    def resized(self, image: np.ndarray) -> np.ndarray:
        """Returns an image, (H, W, 3) uint8 RGB, at its working size, (h, w, 3) uint8, resized bilinearly where it must
        be.
        """
        height, width = self.working_size(image.shape[0], image.shape[1])
        if (height, width) == image.shape[:2]:
            return image
        return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))

    def _scale(self, long_side: int) -> float:
        if self.base_size is None:
            return 1.0
        return min(max(long_side, SMALLEST * self.base_size), LARGEST * self.base_size) / long_side


def aligned_down(length: int) -> int:
    """Returns the largest multiple of the stride and 1 more that is no longer."""
    return (length - 1) // STRIDE * STRIDE + 1


def _aligned(length: int) -> int:
    """Returns the nearest multiple of the stride and 1 more; of two that are as near, the larger."""
    return aligned_down(length + STRIDE // 2)
