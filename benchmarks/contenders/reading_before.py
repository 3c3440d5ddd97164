"""How semseg 0.3.0 cut a training sample to its crop: by Pillow, and a blur in numpy. Kept to be compared with."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image


def crop_of(
    image: np.ndarray, mask: np.ndarray, base_size: int, crop_size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Returns one random crop; arguments and results as of ``TrainingTransform``."""
    flip = rng.random() < 0.5
    height, width = mask.shape
    long_side = int(rng.integers(base_size // 2, 2 * base_size, endpoint=True))
    factor = long_side / max(height, width)
    scaled = (max(1, int(width * factor + 0.5)), max(1, int(height * factor + 0.5)))
    left, top = (int(rng.integers(0, max(side - crop_size, 0), endpoint=True)) for side in scaled)
    size = min(scaled[0], crop_size), min(scaled[1], crop_size)
    if flip:
        left = scaled[0] - left - size[0]
    across, down = width / scaled[0], height / scaled[1]
    box = (left * across, top * down, (left + size[0]) * across, (top + size[1]) * down)
    pictures = [
        Image.fromarray(pixels).resize(size, how, box=box)
        for pixels, how in ((image, Image.Resampling.BILINEAR), (mask, Image.Resampling.NEAREST))
    ]
    if flip:
        pictures = [picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for picture in pictures]
    crop, classes = (_padded(picture, crop_size, fill) for picture, fill in zip(pictures, (0, 255)))
    if rng.random() < 0.5:
        crop = _blurred(crop, rng.uniform(0.0, 1.0))
    return crop, classes


def _padded(picture: Image.Image, side: int, fill: int) -> np.ndarray:
    if picture.size == (side, side):
        return np.array(picture)
    canvas = Image.new(picture.mode, (side, side), (fill,) * 3 if picture.mode == "RGB" else fill)
    canvas.paste(picture, (0, 0))
    return np.array(canvas)


def _blurred(image: np.ndarray, radius: float) -> np.ndarray:
    height, width = image.shape[:2]
    near, far = math.exp(-0.5 / max(radius, 0.1) ** 2), math.exp(-2.0 / max(radius, 0.1) ** 2)
    total = 1.0 + 2.0 * near + 2.0 * far
    near_share, far_share = round(256 * near / total), round(256 * far / total)
    weights = [np.uint16(share) for share in (256 - 2 * near_share - 2 * far_share, near_share, far_share)]
    wide = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="edge").astype(np.uint16)
    across = _weighted([wide[:, shift : shift + width] for shift in range(5)], weights)
    return _weighted([across[shift : shift + height] for shift in range(5)], weights).astype(np.uint8)


def _weighted(five: list[np.ndarray], weights: list[np.uint16]) -> np.ndarray:
    centre, near, far = weights
    summed = five[2] * centre + (five[1] + five[3]) * near + (five[0] + five[4]) * far
    return (summed + np.uint16(128)) >> np.uint16(8)
