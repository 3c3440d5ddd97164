"""Turns one JPEG or PNG file, or the bytes of one, into one array.

Pillow's file classes are called directly, not through ``Image.open``: that warns of pictures with many pixels by a
setting of the whole process, while here the caller gives the limit, and it is an error to exceed it.
"""

from __future__ import annotations

import io
import re
import struct
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from semseg.contract.pairing import MAX_PICTURE_BYTES
from semseg.data.colour_mask import classes_by_colour, colours_of, unread_colours
from semseg.data.colour_table import ColourTable
from semseg.data.colours_seen import ColoursSeen
from semseg.data.samples import Picture
from semseg.errors import ImageError
from semseg.plumbing.regular_file import read_regular

# Where Pillow, too, begins to suspect a decompression bomb: a quarter of a GiB as RGB.
MAX_PIXELS = 89_478_485

# Of a JPEG picture. Each may cover the whole picture in a few bytes, so that a small file would take hours; encoders
# write about ten, or one.
MAX_SCANS = 100

_JPEG_START = b"\xff\xd8\xff"
# The next marker after a segment (ITU-T T.81, B.1.1.2): within coded pixels 0xff is followed by 0, or by a restart.
_JPEG_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])", re.S)
_JPEG_SCAN, _JPEG_END = b"\xda", b"\xd9"
_PNG_START = b"\x89PNG\r\n\x1a\n"

# What Pillow raises on broken files; UserWarning only in a process that makes errors of warnings.
_BROKEN = (
    *(OSError, EOFError, SyntaxError, ValueError, struct.error, UserWarning),
    *(ArithmeticError, LookupError, TypeError),  # from EXIF blocks
)

# The byte of a PNG file that holds the bits per sample (PNG specification, IHDR).
_PNG_BIT_DEPTH = 24
# Pillow stretches grey samples of 2 and 4 bits to 0..255 by these factors; a mask needs the samples as stored.
_GREY_STRETCH = {2: 85, 4: 17}

_BAND = 1 << 18  # pixels that are handed over at a time


def read_image(path: Picture, name: str | None = None) -> np.ndarray:
    """Reads a JPEG or PNG file of any colour mode.

    Alpha is dropped and the colours under it are kept as stored, 16-bit samples keep their high byte, and JPEG
    orientation tags are not applied.

    Args:
        name: what an error calls the file; the path where it is not given.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        ImageError: the file is missing, no regular file, empty, neither JPEG nor PNG, damaged, or has more than
            MAX_PIXELS pixels, MAX_SCANS scans or MAX_PICTURE_BYTES bytes.
    """
    name = name or str(path)
    return _rgb(_decoded(_read_bytes(path, name), name))


def decode_image(
    data: bytes, max_pixels: int | None = None, max_side: int | None = None, out: np.ndarray | None = None
) -> np.ndarray:
    """Decodes the bytes of a JPEG or PNG file as :func:`read_image` does.

    Args:
        max_pixels: the most pixels (width times height) that are decoded; MAX_PIXELS where it is not given.
        max_side: the largest width and height that are decoded; unlimited where it is not given.
        out: where the pixels are written to and what is returned, of the picture's size; a new array where it is not
            given.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        ImageError: no bytes, neither JPEG nor PNG, damaged, of more than MAX_SCANS scans, or too large; size is judged
            before pixels are decoded.
    """
    return _rgb(_decoded(data, "the image", MAX_PIXELS if max_pixels is None else max_pixels, max_side), out)


def picture_size(data: bytes, max_pixels: int | None = None, max_side: int | None = None) -> tuple[int, int]:
    """Returns the height and width of the array that :func:`decode_image` gives, from the header alone.

    Raises:
        ImageError: no bytes, neither JPEG nor PNG, a damaged header, or too large.
    """
    picture = _opened(data, "the image")
    _check_size(picture, "the image", MAX_PIXELS if max_pixels is None else max_pixels, max_side)
    return picture.height, picture.width


def read_mask(path: Picture, name: str | None = None, colours: ColourTable | None = None) -> np.ndarray:
    """Reads the pixel values of a PNG mask as they are stored: the indices of a palette picture, not its colours.

    Args:
        name: what an error calls the file; the path where it is not given.
        colours: what the mask is read by instead: the classes of its colours are its pixel values.

    Returns:
        (H, W) uint8, raw pixel values, not yet classes.

    Raises:
        ImageError: as ``read_image``; also not PNG, or a value above 255.
        UnreadColoursError: several values per pixel (even if equal), and no ``colours``.
        UnlistedColoursError: a colour that ``colours`` does not have.
    """
    name = name or str(path)
    data = _read_bytes(path, name)
    if data.startswith(_JPEG_START):
        raise ImageError(f"{name} is a JPEG picture, and JPEG alters class ids: a mask must be saved as PNG")
    picture = _decoded(data, name)
    if colours is not None:
        return classes_by_colour(picture, colours, name)
    if picture.mode in ("1", "P"):
        return np.array(picture, dtype=np.uint8)
    if picture.mode == "L":
        return np.array(picture) // np.uint8(_GREY_STRETCH.get(data[_PNG_BIT_DEPTH], 1))
    if picture.mode.startswith("I"):
        return _narrowed(np.array(picture), name)
    raise unread_colours(picture, name)


def mask_colours(path: Path) -> tuple[ColoursSeen, int]:
    """Returns the colours of a PNG mask as a viewer shows them, and its number of pixels.

    Raises:
        ImageError: as ``read_image``, or not PNG.
    """
    picture = _mask(path, str(path))
    return colours_of(picture), picture.width * picture.height


def _mask(path: Picture, name: str) -> Image.Image:
    """Returns a decoded PNG file."""
    data = _read_bytes(path, name)
    if data.startswith(_JPEG_START):
        raise ImageError(f"{name} is a JPEG picture, and JPEG alters class ids: a mask must be saved as PNG")
    return _decoded(data, name)


def _read_bytes(path: Picture, name: str) -> bytes:
    try:
        return read_regular(path, MAX_PICTURE_BYTES) if isinstance(path, Path) else path.read_bytes()
    except OSError as error:
        raise ImageError(f"{name} cannot be read: {error.strerror}") from error


def _decoded(data: bytes, name: str, max_pixels: int = MAX_PIXELS, max_side: int | None = None) -> Image.Image:
    picture = _opened(data, name)
    _check_size(picture, name, max_pixels, max_side)
    _check_scans(data, name)
    try:
        picture.load()
    except _BROKEN as error:
        raise _damaged(name, error) from error
    return picture


def _opened(data: bytes, name: str) -> JpegImageFile | PngImageFile:
    """Opens a picture and reads its header only."""
    if not data:
        raise ImageError(f"{name} is empty (0 bytes): a JPEG or PNG picture is needed")
    try:
        if data.startswith(_JPEG_START):
            return JpegImageFile(io.BytesIO(data))
        if data.startswith(_PNG_START):
            return PngImageFile(io.BytesIO(data))
    except _BROKEN as error:
        raise _damaged(name, error) from error
    raise ImageError(f"{name} is neither a JPEG nor a PNG picture (it begins with {data[:4]!r}): save it as such")


def _damaged(name: str, error: Exception) -> ImageError:
    return ImageError(f"{name} is truncated or damaged ({error}): write it anew or leave it out")


def _check_size(picture: Image.Image, name: str, max_pixels: int, max_side: int | None) -> None:
    width, height = picture.size
    if width * height > max_pixels:
        raise ImageError(
            f"{name} has {width} x {height} = {width * height} pixels, and at most {max_pixels} are decoded: "
            "scale it down"
        )
    if max_side is not None and max(width, height) > max_side:
        raise ImageError(
            f"{name} is {width} pixels wide and {height} high, and at most {max_side} per side are decoded: "
            "scale it down"
        )


def _check_scans(data: bytes, name: str) -> None:
    if data.startswith(_JPEG_START) and _has_more_scans(data, MAX_SCANS):
        raise ImageError(f"{name} is a JPEG of more than {MAX_SCANS} scans, which are not decoded: save it anew")


def _has_more_scans(data: bytes, most: int) -> bool:
    scans, position = 0, 2
    while (marker := _JPEG_MARKER.search(data, position)) and marker[1] != _JPEG_END and scans <= most:
        scans += marker[1] == _JPEG_SCAN
        position = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2], "big")
    return scans > most


def _rgb(picture: Image.Image, out: np.ndarray | None = None) -> np.ndarray:
    """Returns the pixels of a decoded picture, (H, W, 3) uint8. They are copied band by band, because Pillow makes
    several copies of all pixels that it hands over.
    """
    # If the entry stays, Pillow warns that transparency is lost.
    picture.info.pop("transparency", None)
    width, height = picture.size
    pixels = np.empty((height, width, 3), np.uint8) if out is None else out
    rows = max(1, _BAND // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        pixels[top:bottom] = _band_rgb(picture.crop((0, top, width, bottom)) if rows < height else picture)
    return pixels


def _band_rgb(picture: Image.Image) -> np.ndarray:
    """Returns one band of pixels, (H, W, 3) uint8, or (H, W, 1) if all three colours are equal."""
    if picture.mode.startswith("I"):
        # Pillow's own conversion would clip 16-bit samples at 255.
        return (np.asarray(picture) >> 8).astype(np.uint8)[:, :, np.newaxis]
    return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _narrowed(values: np.ndarray, name: str) -> np.ndarray:
    if values.max() > 255:
        raise ImageError(
            f"{name} holds 16-bit values up to {values.max()}; a mask holds class ids of 0 to 255: "
            "save it as an 8-bit greyscale or palette PNG"
        )
    return values.astype(np.uint8)
