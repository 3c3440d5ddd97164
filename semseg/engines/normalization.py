"""The normalisation of pixels that the backbones were trained with."""

from __future__ import annotations

import numpy as np

# Per channel of RGB / 255, over the ImageNet training images; GluonCV and torchvision state the same numbers.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

# (pixel / 255 - mean) / std as one factor and one offset
FACTOR = (1.0 / (255.0 * np.array(STD))).astype(np.float32)
OFFSET = (-np.array(MEAN) / np.array(STD)).astype(np.float32)


def normalize(images: np.ndarray) -> np.ndarray:
    """Returns images less the mean of each colour, over its standard deviation.

    Args:
        images: (N, H, W, 3) uint8, RGB.

    Returns:
        (N, 3, H, W) float32, contiguous, about -2.1 to 2.6.
    """
    count, height, width, _ = images.shape
    planes = np.empty((count, 3, height, width), dtype=np.float32)
    np.multiply(images.transpose(0, 3, 1, 2), FACTOR[:, np.newaxis, np.newaxis], out=planes)
    planes += OFFSET[:, np.newaxis, np.newaxis]
    return planes
