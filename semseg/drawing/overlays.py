"""Masks as people look at them: coloured, laid over their picture, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from semseg.drawing.class_colours import Colour, class_colours

GAP = 8  # pixels of white between two pictures


def palette(colours: Mapping[int, Colour] | None = None) -> np.ndarray:
    """Returns a colour for each class id, (256, 3) uint8 RGB: ten that the colour-blind tell apart, then the same in
    other lightnesses; class 0 is grey, 255, "ignore", is white.

    Args:
        colours: red, green and blue, 0 to 255, of some classes, which take the place of ours.
    """
    return class_colours(given=colours)


def colourize(mask: np.ndarray, colours: Mapping[int, Colour] | None = None) -> np.ndarray:
    """Turns class ids, (H, W) uint8, into the colours of :func:`palette`, (H, W, 3) uint8 RGB."""
    return palette(colours)[mask]


def overlay(
    image: np.ndarray, mask: np.ndarray, opacity: float = 0.5, colours: Mapping[int, Colour] | None = None
) -> np.ndarray:
    """Returns the mask's colours laid over the image, class 0 left clear.

    Args:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) uint8 class ids.
        opacity: of the colours, 0 to 1.
        colours: see :func:`palette`.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    return np.where((mask == 0)[:, :, None], image, blended(image, colourize(mask, colours), opacity))


def blended(image: np.ndarray, colours: np.ndarray, opacity: float) -> np.ndarray:
    """Returns colours laid over an image; both are (H, W, 3) uint8 RGB, the opacity of the colours is 0 to 1."""
    return np.rint(image * (1 - opacity) + colours * opacity).astype(np.uint8)


def side_by_side(pictures: Sequence[np.ndarray]) -> Image.Image:
    """Puts pictures, (H, W, 3) uint8 RGB, into one row, top edges aligned; returns a picture of Pillow."""
    width = sum(picture.shape[1] for picture in pictures) + GAP * (len(pictures) - 1)
    row = Image.new("RGB", (width, max(picture.shape[0] for picture in pictures)), "white")
    left = 0
    for picture in pictures:
        row.paste(Image.fromarray(picture), (left, 0))
        left += picture.shape[1] + GAP
    return row
