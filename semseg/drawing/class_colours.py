"""A colour for each class, far from those of its neighbours."""

from __future__ import annotations

import numpy as np

# Source: K. Kelly, "Twenty-two colors of maximum contrast", Color Engineering 3 (1965), without white, black and grey.
_KELLY = (
    *("#f3c300", "#875692", "#f38400", "#a1caf1", "#be0032", "#c2b280", "#008856", "#e68fac", "#0067a5", "#f99379"),
    *("#604e97", "#f6a600", "#b3446c", "#dcd300", "#882d17", "#8db600", "#654522", "#e25822", "#2b3d26"),
)
IGNORED = (255, 255, 255)


def class_colours(num_classes: int) -> np.ndarray:
    """Returns the colours of all mask values, (256, 3) uint8 RGB: white for 255, "ignore", and for what is no class.

    Colours come again after 19 classes, darker each time.
    """
    table = np.full((256, 3), IGNORED, np.uint8)
    for number in range(num_classes):
        colour = np.array(list(bytes.fromhex(_KELLY[number % len(_KELLY)][1:])), np.float64)
        table[number] = colour * 0.7 ** (number // len(_KELLY))
    return table
