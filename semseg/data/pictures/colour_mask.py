"""Masks whose colours are classes: one decoded picture becomes classes, band by band, or a count of its colours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image

from semseg.data.labels.colour_errors import UnlistedColoursError, UnreadColoursError
from semseg.data.labels.colour_table import UNLISTED, ColourTable
from semseg.data.labels.colours_seen import ColoursSeen

_BAND = 1 << 18  # pixels that are looked up at a time
_COLOUR_BITS = 0xFFFFFF  # of four bytes: what is above them is alpha, or nothing


def classes_by_colour(picture: Image.Image, colours: ColourTable, name: str) -> np.ndarray:
    """Returns the classes of a mask's pixels by their colours, as a viewer shows them: of RGB and grey pictures, and of
    palette pictures the palette's. Alpha is dropped, so that a transparent pixel counts by the colour that it has.

    Args:
        picture: decoded, of any mode.
        name: what an error calls the mask.

    Returns:
        (H, W) uint8, class per pixel, 255 = ignore.

    Raises:
        UnlistedColoursError: a colour has no class.
    """
    classes = np.empty((picture.height, picture.width), np.uint8)
    unlisted = ColoursSeen()
    for top, pixels in _bands(picture):
        band = colours.look_up(pixels)
        missing = band == UNLISTED
        if missing.any():
            unlisted.add_pixels(pixels[missing])
        classes[top : top + len(band)] = band
    if unlisted.pixels:
        raise UnlistedColoursError(name, colours, unlisted, classes.size)
    return classes


def unread_colours(picture: Image.Image, name: str) -> UnreadColoursError:
    """Returns the error of a mask of colours for which there is no list of them.

    Args: as of :func:`classes_by_colour`.
    """
    return UnreadColoursError(name, picture.mode, colours_of(picture), picture.width * picture.height)


def colours_of(picture: Image.Image) -> ColoursSeen:
    """Returns the colours of a decoded picture, as a viewer shows them."""
    seen = ColoursSeen()
    for _, pixels in _bands(picture):
        seen.add_pixels(pixels)
    return seen


def _bands(picture: Image.Image) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the position and the pixels of some rows at a time, (rows, W) uint32: red in the lowest byte, then green
    and blue.

    Pillow keeps four bytes for a pixel of colour; a copy of the whole would double that.
    """
    picture.info.pop("transparency", None)  # or Pillow warns that it is lost
    width, height = picture.size
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        band = _coloured(picture.crop((0, top, width, bottom)))
        packed = np.frombuffer(band.tobytes("raw", "RGBA" if band.mode == "RGBA" else "RGBX"), "<u4")
        yield top, (packed & _COLOUR_BITS).reshape(bottom - top, width)


def _coloured(band: Image.Image) -> Image.Image:
    if band.mode in ("RGB", "RGBA"):
        return band
    if band.mode.startswith("I"):  # Pillow's own conversion would clip 16-bit samples at 255
        return Image.fromarray((np.asarray(band) >> 8).astype(np.uint8)).convert("RGB")
    return band.convert("RGB")
