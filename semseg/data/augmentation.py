"""Cuts a sample of any size to a square crop, for training and for scoring.

The order of the random changes is that of GluonCV's segmentation training. There the picture is scaled as a whole and
cropped after; here only the part that the crop shows is scaled, which gives the same pixels for less work.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from semseg.contract.hyperparameters import DEFAULT, NONE, STRONG
from semseg.contract.png_mask import IGNORE
from semseg.data.appearance import changed
from semseg.data.chance import Chance
from semseg.data.crop_window import CropWindow
from semseg.data.rare_classes import rare_pixel
from semseg.data.rotation import BLACK, Rotation
from semseg.data.scaling import gaussian_blur, mirrored

FLIP_PROBABILITY = 0.5
BLUR = Chance(0.5, 0.0, 1.0, otherwise=0.0)  # the radius in pixels
ROTATION = Chance(0.5, -10.0, 10.0, otherwise=0.0)  # degrees
_SMALLEST_SCALE = 0.5
_LARGEST_SCALE = 2.0

Pixel = tuple[int, int]  # its column and its row


class TrainingTransform:
    """Flips, scales, crops and blurs at random. If the scaled picture is smaller than the crop, the padding is ignored
    in the loss.

    Args:
        base_size: the long side is scaled to 0.5 to 2.0 times as many pixels.
        crop_size: pixels per side of the result.
        rare_class_crops: the share of crops, 0 to 1, that hold a pixel of a class that is rare in their picture; see
            ``rare_classes.py``. The others, and those of pictures without such a class, lie anywhere.
        kind: "default"; "none" scales the long side to ``base_size``, crops, and changes nothing else; "strong" does
            what the default does, changes how the picture looks, and rotates it.
    """

    def __init__(self, base_size: int, crop_size: int, rare_class_crops: float = 0.0, kind: str = DEFAULT) -> None:
        self.base_size = base_size
        self.crop_size = crop_size
        self.rare_class_crops = rare_class_crops
        self.kind = kind

    def __call__(self, image: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Returns one random crop.

        Args:
            image: (H, W, 3) uint8, RGB.
            mask: (H, W) uint8, class per pixel, 255 = ignore.
            rng: the caller's generator; same state, same crop.

        Returns:
            Image (crop_size, crop_size, 3) uint8, black outside the picture, and mask (crop_size, crop_size) uint8,
            ignore there.
        """
        flip = self.kind != NONE and rng.random() < FLIP_PROBABILITY
        size = _scaled_to_long_side(mask.shape, self._random_long_side(rng))
        held = self._pixel_to_hold(mask, size, flip, rng)
        window = self._random_window(mask.shape, size, held, rng)
        if self.kind == STRONG:
            crop, classes = self._strongly_changed(image, mask, window, flip, held, rng)
        else:
            crop, classes = _shown(image, mask, window, flip)
        crop = _padded(crop, self.crop_size, BLACK)
        radius = 0.0 if self.kind == NONE else BLUR.drawn(rng)
        return gaussian_blur(crop, radius) if radius else crop, _padded(classes, self.crop_size, IGNORE)

    def _random_long_side(self, rng: np.random.Generator) -> int:
        if self.kind == NONE:
            return self.base_size
        smallest, largest = int(_SMALLEST_SCALE * self.base_size), int(_LARGEST_SCALE * self.base_size)
        return int(rng.integers(smallest, largest, endpoint=True))

    def _pixel_to_hold(self, mask: np.ndarray, size: Pixel, flip: bool, rng: np.random.Generator) -> Pixel | None:
        """Returns the pixel of the scaled picture that the crop must show; None where it may lie anywhere."""
        if not self.rare_class_crops or rng.random() >= self.rare_class_crops:
            return None
        pixel = rare_pixel(mask, rng)
        if pixel is None:
            return None
        (column, row), (height, width) = pixel, mask.shape
        column = width - 1 - column if flip else column
        return (2 * column + 1) * size[0] // (2 * width), (2 * row + 1) * size[1] // (2 * height)

    def _random_window(
        self, shape: tuple[int, ...], size: tuple[int, int], held: Pixel | None, rng: np.random.Generator
    ) -> CropWindow:
        """Returns a window of the picture that has ``shape`` as stored and is scaled to ``size``, (width, height)."""
        margin = -(-size[0] // shape[1])
        starts = []
        for axis, scaled in enumerate(size):
            first, last = 0, max(scaled - self.crop_size, 0)
            if held is not None:
                first, last = _starts_that_hold(held[axis], margin, self.crop_size, last)
            starts.append(int(rng.integers(first, last, endpoint=True)))
        left, top = starts
        return CropWindow(*size, left, top, min(size[0], self.crop_size), min(size[1], self.crop_size))

    def _strongly_changed(
        self,
        image: np.ndarray,
        mask: np.ndarray,
        window: CropWindow,
        flip: bool,
        held: Pixel | None,
        rng: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns what a window shows with other colours, noise and the traces of a JPEG, and perhaps rotated."""
        degrees = ROTATION.drawn(rng)
        if not degrees:
            shown_image, shown_mask = _shown(image, mask, window, flip)
            return changed(shown_image, rng), shown_mask
        rotation = Rotation(degrees, held or window.centre)  # which stays where it is
        source = rotation.source(window, self.crop_size)
        shown_image, shown_mask = _shown(image, mask, source, flip)
        return rotation.show(changed(shown_image, rng), shown_mask, source, window, self.crop_size)


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
        window = CropWindow(width, height, left, top, self.crop_size, self.crop_size)
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


def _starts_that_hold(held: int, margin: int, crop: int, last: int) -> tuple[int, int]:
    """Returns the first and the last place where a window may begin that holds a pixel of the scaled picture.

    Args:
        margin: pixels that it stays away from the window's edges, unless the picture ends there: one as stored, because
            a window may be half of one off.
        last: where the last one of all windows begins.
    """
    first = min(max(held + margin + 1 - crop, 0), last)
    return first, max(first, min(held - margin, last))


def _shown(image: np.ndarray, mask: np.ndarray, window: CropWindow, flip: bool) -> tuple[np.ndarray, np.ndarray]:
    """Returns what a window shows of a picture and its mask, or of both mirrored."""
    shown_image, shown_mask = (window.mirrored() if flip else window).show_quickly(image, mask)
    return (mirrored(shown_image), mirrored(shown_mask)) if flip else (shown_image, shown_mask)


def _padded(pixels: np.ndarray, side: int, fill: int) -> np.ndarray:
    """Returns the pixels, (H, W) or (H, W, 3), extended at the right and the bottom to ``side`` x ``side``."""
    height, width = pixels.shape[:2]
    if (height, width) == (side, side):
        return pixels
    canvas = np.full((side, side, *pixels.shape[2:]), fill, np.uint8)
    canvas[:height, :width] = pixels
    return canvas
