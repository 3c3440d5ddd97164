"""Scales and blurs crops for training, by OpenCV, which is imported where it is first needed, and here alone.

Pillow, which reads and scales all that is scored or answered, takes five times as long for it. Nothing here is made for
scoring: a reduction is near to a fair one, and not equal to Pillow's.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np

from semseg.errors import PlatformError

# From this reduction on the mean of 2 x 2 pixels is taken first. Below it the nearest two pixels an axis come nearer to
# a fair reduction, by the mean difference of photographs.
_HALVED_FROM = 1.75
_BLURRED = (5, 5)  # pixels
# With this radius only the centre has weight; OpenCV takes 0 for a radius of its own choice.
_SMALLEST_RADIUS = 0.1


@cache
def opencv() -> ModuleType:
    """Returns the module of OpenCV.

    Raises:
        PlatformError: it cannot be imported.
    """
    try:
        import cv2
    except ImportError as error:
        raise PlatformError(
            f"OpenCV, which scales training samples, cannot be imported ({error}): install opencv-python-headless, or, "
            "for the opencv-python that GluonCV brings, libGL and GLib (apt-get install libgl1 libglib2.0-0)"
        ) from error
    cv2.setNumThreads(1)  # samples are read by as many threads as there are cores already
    return cv2


def halvings(reduction: float) -> int:
    """Returns how often a picture is halved first that is reduced this many times an axis."""
    count = 0
    while reduction >= _HALVED_FROM * 2**count:
        count += 1
    return count


def scaled_image(pixels: np.ndarray, width: int, height: int, halved: int) -> np.ndarray:
    """Returns an image at another size.

    Args:
        pixels: (H, W, 3) uint8; may be a part of another array.
        halved: how often it is halved first; H and W are multiples of ``2**halved``.

    Returns:
        (height, width, 3) uint8, a new array.
    """
    cv2 = opencv()
    for _ in range(halved):
        rows, columns = pixels.shape[:2]
        pixels = cv2.resize(pixels, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
    return _resized(pixels, width, height, cv2.INTER_LINEAR)


def scaled_mask(classes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns a mask, (H, W) uint8, at another size: of each pixel's centre the class. A new array."""
    return _resized(classes, width, height, opencv().INTER_NEAREST_EXACT)


def mirrored(pixels: np.ndarray) -> np.ndarray:
    """Returns pixels, (H, W) or (H, W, 3) uint8, with left and right exchanged. A new array, in a twentieth of the time
    that numpy takes for a copy in this order.
    """
    return np.asarray(opencv().flip(pixels, 1), np.uint8)


def gaussian_blur(image: np.ndarray, radius: float) -> np.ndarray:
    """Returns the image blurred by a Gaussian of at most five pixels across.

    Args:
        image: (H, W, 3) uint8.
        radius: standard deviation in pixels, 0 to 1.
    """
    cv2 = opencv()
    blurred = cv2.GaussianBlur(image, _BLURRED, max(radius, _SMALLEST_RADIUS), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, np.uint8)


def _resized(pixels: np.ndarray, width: int, height: int, how: int) -> np.ndarray:
    # one that has this size already would be handed back as it is, or as a copy, by OpenCV's version
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    return np.asarray(opencv().resize(pixels, (width, height), interpolation=how), np.uint8)
