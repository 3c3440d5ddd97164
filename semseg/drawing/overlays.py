"""Masks as people look at them: coloured, laid over their picture, side by side."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
from PIL import Image

GOLDEN_RATIO = 0.618034  # steps of this share around the circle of hues never meet again
SHADES = ((0.95, 1.0), (0.6, 0.95), (0.9, 0.65))  # saturation and value, in turn
GAP = 8  # pixels of white between two pictures


def palette() -> np.ndarray:
    """Returns a vivid colour for each class id, (256, 3) uint8: neighbours far apart in hue, 0 black, ignore white."""
    colours = [colorsys.hsv_to_rgb(number * GOLDEN_RATIO % 1, *SHADES[number % len(SHADES)]) for number in range(256)]
    table = np.rint(np.array(colours) * 255).astype(np.uint8)
    table[0] = 0
    table[255] = 255
    return table


def colourize(mask: np.ndarray) -> np.ndarray:
    """Turns class ids, (H, W) uint8, into colours, (H, W, 3) uint8."""
    return palette()[mask]


def overlay(image: np.ndarray, mask: np.ndarray, opacity: float = 0.5) -> np.ndarray:
    """Returns the mask's colours laid over the image, class 0 left clear.

    Args:
        image: (H, W, 3) uint8.
        mask: (H, W) uint8 class ids.
        opacity: of the colours, 0 to 1.

    Returns:
        (H, W, 3) uint8.
    """
    mixed = np.rint(image * (1 - opacity) + colourize(mask) * opacity).astype(np.uint8)
    return np.where((mask == 0)[:, :, None], image, mixed)


def side_by_side(pictures: Sequence[np.ndarray]) -> Image.Image:
    """Puts pictures, (H, W, 3) uint8, into one row, top edges aligned."""
    width = sum(picture.shape[1] for picture in pictures) + GAP * (len(pictures) - 1)
    row = Image.new("RGB", (width, max(picture.shape[0] for picture in pictures)), "white")
    left = 0
    for picture in pictures:
        row.paste(Image.fromarray(picture), (left, 0))
        left += picture.shape[1] + GAP
    return row
