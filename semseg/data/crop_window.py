"""The part of a scaled picture that a crop shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from semseg.data.scaling import halvings, scaled_image, scaled_mask


@dataclass(frozen=True)
class CropWindow:
    """A rectangle of a picture, in pixels of the picture scaled to ``scaled_width`` x ``scaled_height``."""

    scaled_width: int
    scaled_height: int
    left: int
    top: int
    width: int
    height: int

    @property
    def centre(self) -> tuple[float, float]:
        """Returns column and row of its middle."""
        return self.left + (self.width - 1) / 2, self.top + (self.height - 1) / 2

    def mirrored(self) -> CropWindow:
        """Returns the window of the unflipped picture that holds the pixels of this window of the flipped one."""
        left = self.scaled_width - self.left - self.width
        return CropWindow(self.scaled_width, self.scaled_height, left, self.top, self.width, self.height)

    def show(self, pixels: np.ndarray, resample: Image.Resampling) -> Image.Image:
        """Returns the pixels of this window, scaled by Pillow, which does it fairly."""
        height, width = pixels.shape[:2]
        box = (
            self.left * width / self.scaled_width,
            self.top * height / self.scaled_height,
            (self.left + self.width) * width / self.scaled_width,
            (self.top + self.height) * height / self.scaled_height,
        )
        return Image.fromarray(pixels).resize((self.width, self.height), resample, box=box)

    def show_quickly(self, image: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the pixels of this window of an image and of its mask, scaled by OpenCV. It begins and ends between
        two stored pixels, so that it may be half a stored pixel off.
        """
        height, width = mask.shape
        halved = halvings(min(width / self.scaled_width, height / self.scaled_height))
        columns = _stored(self.left, self.width, self.scaled_width, width, 2**halved)
        rows = _stored(self.top, self.height, self.scaled_height, height, 2**halved)
        return (
            scaled_image(image[rows, columns], self.width, self.height, halved),
            scaled_mask(mask[rows, columns], self.width, self.height),
        )


def _stored(start: int, count: int, scaled: int, stored: int, step: int) -> slice:
    """Returns which stored pixels of an axis ``count`` scaled ones show, from ``start`` on; in multiples of ``step``.

    Args:
        scaled: how many pixels the whole axis has, scaled.
        stored: likewise, as stored; at least ``step``.
    """
    shown = min(max(1, round(count * stored / scaled / step)), stored // step) * step
    first = min(round(start * stored / scaled), stored - shown)
    return slice(first, first + shown)
