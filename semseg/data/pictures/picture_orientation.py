"""How a picture is turned and mirrored by the EXIF orientation that its file carries.

Source of the eight orientations: CIPA DC-008 (Exif 2.32), tag 274.
"""

from __future__ import annotations

import struct

import numpy as np
from PIL.Image import Exif

from semseg.contract.picture_kinds import PNG, TIFF
from semseg.data.pictures.picture_formats import BROKEN, OpenPicture

ORIENTATION = 274  # the tag, in EXIF as in TIFF
UPRIGHT = 1  # the orientation of a picture that is stored as it is shown
_SIDEWAYS = 5  # the first of those that make the width the height
_ORIENTATIONS = range(1, 9)


def orientation_of(picture: OpenPicture) -> int:
    """Returns the EXIF orientation that a file carries, 1 to 8; 1 where it carries none, or one that makes no sense."""
    try:
        found = _tag(picture)
    except BROKEN:
        return UPRIGHT
    return found if isinstance(found, int) and found in _ORIENTATIONS else UPRIGHT


def turned_size(width: int, height: int, orientation: int) -> tuple[int, int]:
    """Returns the width and height of a picture after it was turned."""
    return (height, width) if orientation >= _SIDEWAYS else (width, height)


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Returns a view of the pixels, (H, W, ...), turned and mirrored as the orientation says: (W, H, ...) from 5 on."""
    across, down = pixels[:, ::-1], pixels[::-1]
    if orientation < _SIDEWAYS:
        return {1: pixels, 2: across, 3: down[:, ::-1], 4: down}[orientation]
    upright = pixels.swapaxes(0, 1)
    return {5: upright, 6: upright[:, ::-1], 7: upright[::-1, ::-1], 8: upright[::-1]}[orientation]


def _tag(picture: OpenPicture) -> object:
    if picture.kind is TIFF:
        return picture.tiff_tag(ORIENTATION, UPRIGHT)
    block = _png_exif(picture.data) if picture.kind is PNG else picture.image.info.get("exif")
    if not block:
        return UPRIGHT
    exif = Exif()
    exif.load(block)
    return exif.get(ORIENTATION)


def _png_exif(data: bytes) -> bytes | None:
    """Returns the content of the chunk eXIf, which may come before the pixels or after them."""
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"eXIf":
            return data[at + 8 : at + 8 + length]
        at += 12 + length
    return None
