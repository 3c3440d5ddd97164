"""The pixels of a decoded picture as RGB of 8 bits, whatever its colour mode and the bits of its samples.

Pillow reads grey samples of 16 bits as they are, but of colours it keeps the high bytes. The low bytes are had by
decoding the picture once more, as if its samples had the other byte order.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Union

import numpy as np
from PIL import Image

from semseg.contract.picture_kinds import PNG, TIFF
from semseg.data.pictures.picture_formats import OpenPicture, open_file
from semseg.errors import ImageError

EIGHT, SIXTEEN = 8, 16  # bits of a sample
PNG_BIT_DEPTH = 24  # the byte of a PNG file that holds them (PNG specification, IHDR)

_Args = Union[tuple[Any, ...], str, None]  # of Pillow's decoders; the first is the raw mode

_BAND = 1 << 18  # pixels that are handed over at a time
_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "I;16", "I;16B", "I;16L")
_GREY_OF_PNG = "I"  # of 16 bits, in older versions of Pillow
_SAMPLE_BITS, _PHOTOMETRIC, _PLANES = 258, 262, 284  # tags of TIFF
_WHITE_IS_ZERO, _APART = 0, 2  # values of the last two

# How to decode the low bytes of samples whose high bytes Pillow decodes as the key says: "L" and "B" are the byte
# orders, "N" is that of the machine.
_OTHER = {"L": "B", "B": "L", "N": "B" if sys.byteorder == "little" else "L"}
_DEEP_COLOURS = ("RGB;16", "RGBA;16", "RGBX;16")
_GREY_AND_ALPHA, _ITS_BYTES = "LA;16B", "RGBA"  # the four bytes of such a pixel, of which the second is the low one


def stored_bits(picture: OpenPicture) -> int:
    """Returns the bits of a sample of a picture as it is stored: 16, or 8 for all that have fewer."""
    bits = picture.data[PNG_BIT_DEPTH] if picture.kind is PNG else max(picture.tiff_tag(_SAMPLE_BITS, (1,)))
    return SIXTEEN if bits > EIGHT else EIGHT


def check_mode(picture: OpenPicture) -> None:
    """Raises ImageError where the pixels of a picture, not decoded yet, are of a kind that is not read, or not read
    right.
    """
    mode = picture.image.mode
    if mode not in _MODES and not (picture.kind is PNG and mode == _GREY_OF_PNG):
        what = {"I": "of signed or 32-bit numbers", "F": "of floating-point numbers"}.get(mode, f"of mode {mode}")
    elif stored_bits(picture) == SIXTEEN and not _has_known_order(picture):
        what = f"of 16 bits and mode {mode}, with white as 0 or colours apart" if picture.kind is TIFF else "of 16 bits"
    else:
        return
    fault = f"is a {picture.kind.name} picture {what}, which is not read"
    raise ImageError.of(picture.name, fault, "save it as RGB or grey of 8 bits", "odd-pixels")


def low_bytes(picture: OpenPicture) -> Image.Image | None:
    """Returns the low bytes of a colour picture of 16 bits, decoded, as a picture; None for a grey one, which Pillow
    reads whole.

    Args:
        picture: its pixels are not decoded yet.

    Raises: whatever Pillow raises where the file is damaged.
    """
    mode = _low_mode(picture)
    if mode is None:
        return None
    again = open_file(picture.data, picture.kind)
    again.tile = [tile._replace(args=_with_mode(tile.args, mode)) for tile in again.tile]
    again.load()
    return Image.merge("RGB", [again.getchannel(1)] * 3) if mode == _ITS_BYTES else again


def write_rgb(picture: Image.Image, low: Image.Image | None, sample_bits: int, pixels: np.ndarray) -> None:
    """Writes the pixels of a decoded picture to an array, (H, W, 3) uint8.

    Args:
        low: its low bytes, where it has colours of 16 bits and all of them matter.
        sample_bits: of those of 16 bits, how many are used: a sample of 2^sample_bits - 1 becomes 255.
    """
    for top, bottom, samples in _bands(picture, low):
        pixels[top:bottom] = _narrowed(samples, sample_bits)


def highest_sample(picture: Image.Image, low: Image.Image | None) -> int:
    """Returns the highest sample of a decoded picture of 16 bits, alpha left out."""
    return max(int(samples.max()) for _, _, samples in _bands(picture, low))


def _bands(picture: Image.Image, low: Image.Image | None) -> Iterator[tuple[int, int, np.ndarray]]:
    """Yields the first row of each band, that of the next band, and its samples, (h, W, 3) uint8 or uint16, or
    (h, W, 1) where all three are equal. There are bands because Pillow makes several copies of what it hands over.
    """
    width, height = picture.size
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        box = (0, top, width, bottom)
        high = _samples(picture if rows >= height else picture.crop(box))
        if low is not None:
            high = high.astype(np.uint16) << 8 | _samples(low if rows >= height else low.crop(box))
        yield top, bottom, high


def _samples(band: Image.Image) -> np.ndarray:
    if band.mode.startswith("I"):
        return np.asarray(band).astype(np.uint16)[:, :, np.newaxis]  # Pillow's own conversion would clip them at 255
    return np.asarray(band if band.mode == "RGB" else band.convert("RGB"))


def _narrowed(samples: np.ndarray, sample_bits: int) -> np.ndarray:
    if samples.dtype == np.uint8:
        return samples
    return np.minimum(samples >> (sample_bits - EIGHT), 255).astype(np.uint8)


def _has_known_order(picture: OpenPicture) -> bool:
    """Returns whether it is known which bytes of a picture of 16 bits are samples of which colour."""
    if picture.tiff_tag(_PHOTOMETRIC, None) == _WHITE_IS_ZERO or picture.tiff_tag(_PLANES, None) == _APART:
        return False
    return picture.image.mode.startswith("I") or _low_mode(picture) is not None


def _low_mode(picture: OpenPicture) -> str | None:
    """Returns how the low bytes of a picture are decoded, as Pillow writes it; None where that is not known."""
    mode = _raw_mode(picture.image.tile[0].args)
    if mode == _GREY_AND_ALPHA:
        return _ITS_BYTES
    return mode[:-1] + _OTHER[mode[-1]] if mode[:-1] in _DEEP_COLOURS else None


def _raw_mode(args: _Args) -> str:
    return str(args[0] if isinstance(args, tuple) else args)


def _with_mode(args: _Args, mode: str) -> _Args:
    return (mode, *args[1:]) if isinstance(args, tuple) else mode
