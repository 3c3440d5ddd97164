"""Cuts a sample of any size to a square crop, for training and for scoring.

The order of the random changes is that of GluonCV's segmentation training. There the picture is scaled as a whole and
cropped after; here only the part that the crop shows is scaled, which gives the same pixels for less work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from semseg.contract.png_mask import IGNORE

_BLACK = 0
_FLIP_PROBABILITY = 0.5
_BLUR_PROBABILITY = 0.5
_MAX_BLUR_RADIUS = 1.0
# With this radius only the centre has weight. It stands for 0, by which one cannot divide.
_SMALLEST_BLUR_RADIUS = 0.1
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
        """Returns the pixels of this window, scaled."""
        height, width = pixels.shape[:2]
        box = (
            self.left * width / self.scaled_width,
            self.top * height / self.scaled_height,
            (self.left + self.width) * width / self.scaled_width,
            (self.top + self.height) * height / self.scaled_height,
        )
        return Image.fromarray(pixels).resize((self.width, self.height), resample, box=box)


class TrainingTransform:
    """Flips, scales, crops and blurs at random. If the scaled picture is smaller than the crop, the padding is ignored
    in the loss.

    Args:
        base_size: the long side is scaled to 0.5 to 2.0 times as many pixels.
        crop_size: pixels per side of the result.
    """

    def __init__(self, base_size: int, crop_size: int) -> None:
        self.base_size = base_size
        self.crop_size = crop_size

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
        window = self._random_window(mask.shape, rng)
        window = window.mirrored() if flip else window
        shown_image = window.show(image, Image.Resampling.BILINEAR)
        shown_mask = window.show(mask, Image.Resampling.NEAREST)
        if flip:
            shown_image = shown_image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            shown_mask = shown_mask.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        crop = np.array(_padded(shown_image, self.crop_size, _BLACK))
        if rng.random() < _BLUR_PROBABILITY:
            crop = gaussian_blur(crop, rng.uniform(0.0, _MAX_BLUR_RADIUS))
        return crop, np.array(_padded(shown_mask, self.crop_size, IGNORE))

    def _random_window(self, shape: tuple[int, ...], rng: np.random.Generator) -> _Window:
        smallest, largest = int(_SMALLEST_SCALE * self.base_size), int(_LARGEST_SCALE * self.base_size)
        width, height = _scaled_to_long_side(shape, int(rng.integers(smallest, largest, endpoint=True)))
        left = int(rng.integers(0, max(width - self.crop_size, 0), endpoint=True))
        top = int(rng.integers(0, max(height - self.crop_size, 0), endpoint=True))
        return _Window(width, height, left, top, min(width, self.crop_size), min(height, self.crop_size))


def gaussian_blur(image: np.ndarray, radius: float) -> np.ndarray:
    """Returns the image blurred by a Gaussian of at most five pixels across, one axis after the other, in integers.

    Pillow's own filter gives nearly the same but is made for large radii: it takes two to five times as long, which is
    longer than all the rest of the transform.

    Args:
        image: (H, W, 3) uint8.
        radius: standard deviation in pixels, 0 to 1.
    """
    height, width = image.shape[:2]
    weights = _gaussian_weights(max(radius, _SMALLEST_BLUR_RADIUS))
    wide = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="edge").astype(np.uint16)
    across = _weighted([wide[:, shift : shift + width] for shift in range(5)], weights)
    return _weighted([across[shift : shift + height] for shift in range(5)], weights).astype(np.uint8)


def _weighted(five: list[np.ndarray], weights: tuple[int, int, int]) -> np.ndarray:
    """Returns the rounded mean of five neighbours, all (H, W, 3) uint16 of up to 255, so that their sum fits 16
    bits.
    """
    centre, near, far = (np.uint16(weight) for weight in weights)
    summed = five[2] * centre + (five[1] + five[3]) * near + (five[0] + five[4]) * far
    return (summed + np.uint16(128)) >> np.uint16(8)


def _gaussian_weights(radius: float) -> tuple[int, int, int]:
    """Returns the weights, in 256ths, of the centre and of a pixel one and two away; all five add up to 256."""
    near, far = math.exp(-0.5 / radius**2), math.exp(-2.0 / radius**2)
    total = 1.0 + 2.0 * near + 2.0 * far
    near_share, far_share = round(256 * near / total), round(256 * far / total)
    return 256 - 2 * near_share - 2 * far_share, near_share, far_share


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


def _padded(picture: Image.Image, side: int, fill: int) -> Image.Image:
    """Returns the array extended at the right and the bottom to ``side`` x ``side``."""
    if picture.size == (side, side):
        return picture
    colour = (fill,) * len(picture.getbands())
    canvas = Image.new(picture.mode, (side, side), colour if len(colour) > 1 else fill)
    canvas.paste(picture, (0, 0))
    return canvas
