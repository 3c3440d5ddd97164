"""Cuts a sample of any size to a square crop, for training and for scoring.

The order of the random changes is that of GluonCV's segmentation training. There the picture is scaled as a whole and
cropped after; here only the part that the crop shows is scaled, which gives the same pixels for less work.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from semseg.contract.png_mask import IGNORE
from semseg.data.rare_classes import rare_pixel
from semseg.data.scaling import gaussian_blur, halvings, mirrored, scaled_image, scaled_mask

_BLACK = 0
_FLIP_PROBABILITY = 0.5
_BLUR_PROBABILITY = 0.5
_MAX_BLUR_RADIUS = 1.0
_SMALLEST_SCALE = 0.5
_LARGEST_SCALE = 2.0


@dataclass(frozen=True)
class _Window:
    """A rectangle of a picture, in pixels of the picture scaled to ``scaled_width`` x ``scaled_height``."""

    scaled_width: int
    scaled_height: int
    left: int
    top: int
    width: int
    height: int

    def mirrored(self) -> _Window:
        """Returns the window of the unflipped picture that holds the pixels of this window of the flipped one."""
        left = self.scaled_width - self.left - self.width
        return _Window(self.scaled_width, self.scaled_height, left, self.top, self.width, self.height)

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


class TrainingTransform:
    """Flips, scales, crops and blurs at random. If the scaled picture is smaller than the crop, the padding is ignored
    in the loss.

    Args:
        base_size: the long side is scaled to 0.5 to 2.0 times as many pixels.
        crop_size: pixels per side of the result.
        rare_class_crops: the share of crops, 0 to 1, that hold a pixel of a class that is rare in their picture; see
            ``rare_classes.py``. The others, and those of pictures without such a class, lie anywhere.
    """

    def __init__(self, base_size: int, crop_size: int, rare_class_crops: float = 0.0) -> None:
        self.base_size = base_size
        self.crop_size = crop_size
        self.rare_class_crops = rare_class_crops

    def __call__(self, image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Returns one random crop.

        Args:
            image: (H, W, 3) uint8, RGB.
            mask: (H, W) uint8, class per pixel, 255 = ignore.
            rng: the caller's generator; same state, same crop.

        Returns:
            Image (crop_size, crop_size, 3) uint8, black where padded, and mask (crop_size, crop_size) uint8, ignore
            where padded.
        """
        flip = rng.random() < _FLIP_PROBABILITY
        window = self._random_window(mask, flip, rng)
        shown_image, shown_mask = (window.mirrored() if flip else window).show_quickly(image, mask)
        if flip:
            shown_image, shown_mask = mirrored(shown_image), mirrored(shown_mask)
        crop = _padded(shown_image, self.crop_size, _BLACK)
        if rng.random() < _BLUR_PROBABILITY:
            crop = gaussian_blur(crop, rng.uniform(0.0, _MAX_BLUR_RADIUS))
        return crop, _padded(shown_mask, self.crop_size, IGNORE)

    def _random_window(self, mask: np.ndarray, flip: bool, rng: np.random.Generator) -> _Window:
        smallest, largest = int(_SMALLEST_SCALE * self.base_size), int(_LARGEST_SCALE * self.base_size)
        width, height = _scaled_to_long_side(mask.shape, int(rng.integers(smallest, largest, endpoint=True)))
        column, row = self._pixel_to_hold(mask, flip, rng) or (None, None)
        left = self._random_start(column, mask.shape[1], width, rng)
        top = self._random_start(row, mask.shape[0], height, rng)
        return _Window(width, height, left, top, min(width, self.crop_size), min(height, self.crop_size))

    def _pixel_to_hold(self, mask: np.ndarray, flip: bool, rng: np.random.Generator) -> tuple[int, int] | None:
        """Returns column and row, in the stored size, of a pixel that the crop must show; None where it may lie
        anywhere.
        """
        if not self.rare_class_crops or rng.random() >= self.rare_class_crops:
            return None
        pixel = rare_pixel(mask, rng)
        return (mask.shape[1] - 1 - pixel[0], pixel[1]) if pixel and flip else pixel

    def _random_start(self, held: int | None, stored: int, scaled: int, rng: np.random.Generator) -> int:
        """Returns where the window begins on one axis, in scaled pixels.

        Args:
            held: the stored pixel that the window must hold; None: it may lie anywhere.
            stored: how many pixels the axis has, as stored.
            scaled: likewise, scaled.
        """
        last = max(scaled - self.crop_size, 0)
        first, last = (0, last) if held is None else _starts_that_hold(held, stored, scaled, self.crop_size, last)
        return int(rng.integers(first, last, endpoint=True))


def _starts_that_hold(held: int, stored: int, scaled: int, crop: int, last: int) -> tuple[int, int]:
    """Returns the first and the last place where a window may begin that holds a stored pixel; ``last`` is the last
    one of all windows. It stays a stored pixel away from the window's edges, which may be half of one off, unless the
    picture ends there.
    """
    centre, margin = (2 * held + 1) * scaled // (2 * stored), -(-scaled // stored)
    first = min(max(centre + margin + 1 - crop, 0), last)
    return first, max(first, min(centre - margin, last))


class CentreCrop:
    """Scales the short side to ``crop_size`` pixels and cuts the middle square. Validation batches of more than one
    sample are scored on it.
    """

    def __init__(self, crop_size: int) -> None:
        self.crop_size = crop_size

    def __call__(self, image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Returns the middle square; shapes and dtypes as for ``TrainingTransform``; ``rng`` is not used."""
        width, height = _scaled_to_short_side(mask.shape, self.crop_size)
        left, top = round((width - self.crop_size) / 2), round((height - self.crop_size) / 2)
        window = _Window(width, height, left, top, self.crop_size, self.crop_size)
        return (
            np.array(window.show(image, Image.Resampling.BILINEAR)),
            np.array(window.show(mask, Image.Resampling.NEAREST)),
        )


def _scaled_to_long_side(shape: tuple[int, ...], long_side: int) -> tuple[int, int]:
    """Returns (width, height); the short side is rounded to the nearest pixel and at least 1."""
    height, width = shape
    if height > width:
        return max(1, int(width * long_side / height + 0.5)), long_side
    return long_side, max(1, int(height * long_side / width + 0.5))


def _scaled_to_short_side(shape: tuple[int, ...], short_side: int) -> tuple[int, int]:
    """Returns (width, height); the long side is rounded down as GluonCV does."""
    height, width = shape
    if width > height:
        return int(width * short_side / height), short_side
    return short_side, int(height * short_side / width)


def _padded(pixels: np.ndarray, side: int, fill: int) -> np.ndarray:
    """Returns the pixels, (H, W) or (H, W, 3), extended at the right and the bottom to ``side`` x ``side``."""
    height, width = pixels.shape[:2]
    if (height, width) == (side, side):
        return pixels
    canvas = np.full((side, side, *pixels.shape[2:]), fill, np.uint8)
    canvas[:height, :width] = pixels
    return canvas
