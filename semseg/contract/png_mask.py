"""Masks as PNG: one 8-bit grey channel whose values are the class ids, as SageMaker's ``image/png`` answers are."""

from __future__ import annotations

import io
import zlib

import numpy as np
from PIL import Image

from semseg.errors import ImageError

IGNORE = 255  # the value of a mask's pixel that has no class


def encode(mask: np.ndarray) -> bytes:
    """Returns ``mask``, (H, W) uint8, as a single-channel 8-bit PNG."""
    file = io.BytesIO()
    # A mask is made of runs of one class: run lengths alone compress it best, and as fast as any other setting.
    Image.fromarray(mask).save(file, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return file.getvalue()


def decode(data: bytes) -> np.ndarray:
    """Returns the mask in a PNG.

    Returns:
        (H, W) uint8.

    Raises:
        ImageError: ``data`` is not a PNG, or not one with a single 8-bit grey channel.
    """
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as picture:
            mode = picture.mode
            mask = np.array(picture)
    except (OSError, SyntaxError, ValueError, EOFError, zlib.error, Image.DecompressionBombError) as error:
        raise ImageError(f"A mask must be a whole PNG file, got {len(data)} bytes that cannot be read") from error
    if mode != "L":
        raise ImageError(f"A mask must be a PNG with one 8-bit grey channel, got one of Pillow's mode {mode}")
    return mask
