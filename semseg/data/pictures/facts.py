"""What reading one file tells about it, beside its pixels. The check of a channel sums this up; no pixel is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image that was read.

    Attributes:
        width: in pixels, of the array that was read.
        height: likewise.
        orientation: the EXIF orientation that the file carries, 1 to 8; 1 where it carries none.
        bits: of each sample as stored: 8 or 16; fewer count as 8.
        highest: the highest sample of a picture of 16 bits, 0 to 65535; 0 for one of 8 bits.
        digest: 16 bytes, of the content of the file: equal for equal files.
    """

    width: int
    height: int
    orientation: int
    bits: int
    highest: int
    digest: bytes


@dataclass(frozen=True, eq=False)
class MaskFacts:
    """What is known of a mask that was read.

    Attributes:
        width: in pixels.
        height: likewise.
        counts: (256,) int64, the number of pixels of each raw value; for a mask read by its colours, of each class that
            its colour stands for, 255 = ignore.
        palette: the colours of a palette picture, red, green and blue of index 0, of index 1, ...; None for others.
        squares: (256,) int64, the number of squares of 2 x 2 pixels of each raw value alone, wherever they begin; None
            for a mask of one or two.
    """

    width: int
    height: int
    counts: np.ndarray
    palette: bytes | None = None
    squares: np.ndarray | None = None
