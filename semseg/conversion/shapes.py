"""Which pixels a polygon, a box or an ellipse covers.

COCO's own rule for polygons, which CVAT follows too, is that of pycocotools. LabelMe's is Pillow's: see ``labelme.py``.
"""

from __future__ import annotations

import math

import numpy as np

from semseg.errors import PlatformError

_ELLIPSE_POINTS = 360


def polygon_area(corners: np.ndarray) -> float:
    """Returns the area of a polygon, (N, 2) float64, in pixels."""
    x, y = corners.T
    return abs(float(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))) / 2


def polygon(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """Returns the pixels that a polygon covers by COCO's rule, (H, W) bool.

    Args:
        corners: (N, 2) float64, x and y, at least 3; 0 is the left edge of the first pixel.

    Raises:
        PlatformError: pycocotools is not installed.
    """
    try:
        from pycocotools import mask as coco_mask
    except ImportError as error:
        raise PlatformError('polygons are drawn by pycocotools: pip install "semseg[convert]"') from error
    (runs,) = coco_mask.frPyObjects([corners.ravel().tolist()], height, width)
    return np.asarray(coco_mask.decode(runs)).astype(bool)


def box_corners(left: float, top: float, right: float, bottom: float, degrees: float = 0.0) -> np.ndarray:
    """Returns the four corners of a box that is turned clockwise about its middle, (4, 2) float64."""
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)
    return _turned(corners, degrees)


def ellipse_corners(x: float, y: float, radius_x: float, radius_y: float, degrees: float = 0.0) -> np.ndarray:
    """Returns a polygon of 360 corners that is as good as an ellipse turned clockwise about (x, y)."""
    angles = np.arange(_ELLIPSE_POINTS) * (2 * math.pi / _ELLIPSE_POINTS)
    corners = np.stack([x + radius_x * np.cos(angles), y + radius_y * np.sin(angles)], axis=1)
    return _turned(corners, degrees)


def _turned(corners: np.ndarray, degrees: float) -> np.ndarray:
    if not degrees:
        return corners
    middle, angle = corners.mean(axis=0), math.radians(degrees)
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return (corners - middle) @ turn + middle
