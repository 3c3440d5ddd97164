"""Rotates what a crop shows around a pixel that stays where it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.data.crop_window import CropWindow
from semseg.data.scaling import opencv

BLACK = 0


@dataclass(frozen=True)
class Rotation:
    """A rotation of a scaled picture.

    Attributes:
        degrees: clockwise.
        centre: column and row of the pixel that stays where it is.
    """

    degrees: float
    centre: tuple[float, float]

    def source(self, window: CropWindow, crop_size: int) -> CropWindow:
        """Returns a window that holds all that a crop at the place of ``window`` shows of the rotated picture."""
        ends = np.array([[0, 0], [0, crop_size - 1], [crop_size - 1, 0], [crop_size - 1, crop_size - 1]])
        places = (ends + (window.left, window.top) - self.centre) @ self._back().T + self.centre
        size = np.array([window.scaled_width, window.scaled_height])
        left, top = (int(start) for start in np.floor(places.min(axis=0)).clip(0, size - 1))
        right, bottom = (int(end) for end in np.ceil(places.max(axis=0) + 1).clip(1, size))
        return replace(window, left=left, top=top, width=right - left, height=bottom - top)

    def show(
        self, image: np.ndarray, mask: np.ndarray, source: CropWindow, window: CropWindow, crop_size: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns image and mask of a crop at the place of ``window`` in the rotated picture; black and ignore outside
        of the picture.

        Args:
            image, mask: what ``source`` shows of the picture before it is rotated.
        """
        cv2 = opencv()
        back = self._back()
        offset = back @ (np.array([window.left, window.top]) - self.centre) + self.centre - (source.left, source.top)
        matrix, size = np.column_stack([back, offset]), (crop_size, crop_size)
        linear, nearest = (how | cv2.WARP_INVERSE_MAP for how in (cv2.INTER_LINEAR, cv2.INTER_NEAREST))
        return (
            np.asarray(cv2.warpAffine(image, matrix, size, flags=linear, borderValue=(BLACK,) * 3), np.uint8),
            np.asarray(cv2.warpAffine(mask, matrix, size, flags=nearest, borderValue=IGNORE), np.uint8),
        )

    def _back(self) -> np.ndarray:
        """Returns the matrix, (2, 2), that turns a place of the rotated picture to where it was before."""
        cosine, sine = cos(radians(self.degrees)), sin(radians(self.degrees))
        return np.array([[cosine, sine], [-sine, cosine]])
