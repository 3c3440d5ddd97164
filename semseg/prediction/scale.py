"""The scale rule, which gives the size at which the network sees a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image

# Training scales the long side to base_size times a factor in this range; no network has seen pictures beyond it.
SMALLEST = 0.5
LARGEST = 2.0


def working_size(height: int, width: int, base_size: int | None) -> tuple[int, int]:
    """Returns the (height, width) in pixels that a picture is resized to before the network sees it.

    A picture whose long side lies within 0.5 to 2.0 times ``base_size`` keeps its size. Any other is scaled, its aspect
    kept, until its long side meets the nearer bound. With ``base_size`` None every picture keeps its size.
    """
    if base_size is None:
        return height, width
    long_side = max(height, width)
    bounded = min(max(long_side, SMALLEST * base_size), LARGEST * base_size)
    scale = bounded / long_side
    return max(1, round(height * scale)), max(1, round(width * scale))


def at_working_size(image: np.ndarray, base_size: int | None) -> np.ndarray:
    """Returns an image, (H, W, 3) uint8 RGB, at its working size, (h, w, 3) uint8, resized bilinearly where it must be.

    Args:
        base_size: of the scale rule, in pixels; None lets every picture keep its size.
    """
    height, width = working_size(image.shape[0], image.shape[1], base_size)
    if (height, width) == image.shape[:2]:
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BILINEAR))
