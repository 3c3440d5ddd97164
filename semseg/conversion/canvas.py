"""The mask of one picture in the making."""

from __future__ import annotations

from collections import Counter

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.conversion.classes import Classes
from semseg.conversion.conversion_problems import Unusable


class Canvas:
    """A mask on which objects are painted one after the other; what is painted later lies on top.

    Attributes:
        width, height: in pixels.
        classes: which label is which class.
        mask: (H, W) uint8, class per pixel, 255 = ignore.
    """

    def __init__(self, width: int, height: int, classes: Classes) -> None:
        self.width = width
        self.height = height
        self.classes = classes
        self.mask = np.full((height, width), classes.unlabelled, np.uint8)

    @property
    def size(self) -> tuple[int, int]:
        """Returns width and height."""
        return self.width, self.height

    def paint(self, label: str, covered: np.ndarray, left: int = 0, top: int = 0) -> None:
        """Paints an object.

        Args:
            covered: bool, the pixels that it covers of the picture, or of a part of it.
            left, top: where that part begins; the part lies in the picture.
        """
        number = self.classes.number(label)
        if number is not None:
            height, width = covered.shape
            self.mask[top : top + height, left : left + width][covered] = number

    def fill(self, mask: np.ndarray) -> None:
        """Takes a whole mask, (H, W) uint8 class per pixel, 255 = ignore.

        Raises:
            Unusable: it has another size.
        """
        if mask.shape != self.mask.shape:
            raise Unusable(
                f"a mask must have its picture's size, {self.width} x {self.height} pixels, got {mask.shape[1]} x "
                f"{mask.shape[0]}"
            )
        self.mask = mask

    def pixels(self) -> Counter[int]:
        """Returns the pixels of each class in the mask, without ignore."""
        values, counts = np.unique(self.mask, return_counts=True)
        return Counter({int(value): int(count) for value, count in zip(values, counts) if value != IGNORE})
