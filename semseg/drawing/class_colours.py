"""A colour for each class, the same in all pictures and pages; neighbours are told apart by the colour-blind, too.

Source of the first ten: M. A. Petroff, "Accessible Color Sequences for Data Visualization" (2021), arXiv:2107.02270,
the sequence of ten. His dark grey comes first, because class 0 is the background of most data sets. After ten classes
the colours come again in other lightnesses.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

_PETROFF = (
    *("#717581", "#3f90da", "#ffa90e", "#bd1f01", "#94a4a2"),
    *("#832db6", "#a96b59", "#e76300", "#b9ac70", "#92dadd"),
)
_STEPS = (0.0, -0.5, 0.5, -0.25, 0.25)  # towards white, or black where they are negative; further ones lie between
IGNORED = (255, 255, 255)
NUM_CLASSES = 254  # the most that a model has
Colour = tuple[int, int, int]  # red, green, blue, 0 to 255


def class_colours(num_classes: int = NUM_CLASSES, given: Mapping[int, Colour] | None = None) -> np.ndarray:
    """Returns the colours of all mask values, (256, 3) uint8 RGB: white for 255, "ignore", and for what is no class.

    Args:
        num_classes: how many classes have a colour, 1 to 254.
        given: colours of some classes, as a label map gives them, which take the place of ours.
    """
    table = np.full((256, 3), IGNORED, np.uint8)
    for number in range(num_classes):
        table[number] = _colour(number)
    for number, colour in (given or {}).items():
        table[number] = colour
    return table


def hex_colour(colour: np.ndarray | Colour) -> str:
    """Returns a colour as HTML writes it, such as "#3f90da"."""
    return "#{:02x}{:02x}{:02x}".format(*(int(part) for part in colour))


def _colour(number: int) -> np.ndarray:
    base = np.array(list(bytes.fromhex(_PETROFF[number % len(_PETROFF)][1:])), np.float64)
    step = _step(number // len(_PETROFF))
    return np.rint(base + (255 - base) * step if step >= 0 else base * (1 + step)).astype(np.uint8)


def _step(turn: int) -> float:
    """Returns how much lighter or darker a turn through the ten colours is."""
    if turn < len(_STEPS):
        return _STEPS[turn]
    further = turn - len(_STEPS) + 1
    return (0.72 if further % 2 else -0.72) * (1 - further / 24)
