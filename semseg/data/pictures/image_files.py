"""Turns one picture file, or the bytes of one, into one array: the same in training, endpoint, transform and export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from semseg.contract.picture_kinds import JPEG, PNG
from semseg.data.labels.colour_table import ColourTable
from semseg.data.labels.colours_seen import ColoursSeen
from semseg.data.pictures.colour_mask import classes_by_colour, colours_of, unread_colours
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.data.pictures.picture import Picture
from semseg.data.pictures.picture_files import MASK_FORMATS, decode, open_picture, read_bytes
from semseg.data.pictures.picture_formats import OpenPicture
from semseg.data.pictures.picture_limits import MAX_PIXELS, SizeLimit
from semseg.data.pictures.picture_orientation import UPRIGHT, orientation_of, turned, turned_size
from semseg.data.pictures.picture_pixels import PNG_BIT_DEPTH, SIXTEEN, highest_sample, stored_bits, write_rgb
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.data.pictures.squares import squares_of
from semseg.errors import ImageError
from semseg.plumbing.digest import blake2b

PLAIN_MASK = "save it as an 8-bit greyscale or palette PNG"

# Pillow stretches grey samples of 2 and 4 bits to 0..255 by these factors; a mask needs the samples as stored.
_GREY_STRETCH = {2: 85, 4: 17}


def read_image(path: Picture, name: str | None = None, reading: PictureReading = AS_STORED) -> np.ndarray:
    """Reads a JPEG, PNG, TIFF (the first page), BMP or WebP (the first frame) file of any colour mode.

    Alpha is dropped and the colours under it are kept as stored.

    Args:
        name: what an error calls the file; the path where it is not given.
        reading: whether it is turned as its EXIF orientation says, and which bits of 16 are used.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        ImageError: the file is missing, no regular file, empty, of another kind, damaged, or has more than MAX_PIXELS
            pixels, MAX_SCANS scans or MAX_PICTURE_BYTES bytes.
    """
    name = name or str(path)
    return _image(open_picture(read_bytes(path, name), name, SizeLimit()), reading)


def look_at_image(
    path: Picture, name: str | None = None, reading: PictureReading = AS_STORED
) -> tuple[np.ndarray, ImageFacts]:
    """Reads an image as :func:`read_image` does, and tells what else is known of it.

    Raises:
        ImageError: likewise.
    """
    name = name or str(path)
    picture = open_picture(read_bytes(path, name), name, SizeLimit())
    bits = stored_bits(picture)
    low = decode(picture, whole=True)
    pixels = _pixels(picture, low, reading)
    return pixels, ImageFacts(
        width=pixels.shape[1],
        height=pixels.shape[0],
        orientation=orientation_of(picture),
        bits=bits,
        highest=highest_sample(picture.image, low) if bits == SIXTEEN else 0,
        digest=blake2b(picture.data),
    )


def decode_image(
    data: bytes,
    max_pixels: int | None = None,
    max_side: int | None = None,
    out: np.ndarray | None = None,
    reading: PictureReading = AS_STORED,
) -> np.ndarray:
    """Decodes the bytes of a picture file as :func:`read_image` does.

    Args:
        max_pixels: the most pixels (width times height) that are decoded; MAX_PIXELS where it is not given.
        max_side: the largest width and height that are decoded; unlimited where it is not given.
        out: where the pixels are written to and what is returned, of the picture's size; a new array where it is not
            given.

    Returns:
        (H, W, 3) uint8, RGB.

    Raises:
        ImageError: no bytes, of a kind that is not read, damaged, of more than MAX_SCANS scans, or too large; size is
            judged before pixels are decoded.
    """
    return _image(open_picture(data, "the image", _limit(max_pixels, max_side)), reading, out)


def picture_size(
    data: bytes, max_pixels: int | None = None, max_side: int | None = None, reading: PictureReading = AS_STORED
) -> tuple[int, int]:
    """Returns the height and width of the array that :func:`decode_image` gives, from the header alone.

    Raises:
        ImageError: no bytes, of a kind that is not read, a damaged header, or too large.
    """
    picture = open_picture(data, "the image", _limit(max_pixels, max_side))
    orientation = orientation_of(picture) if reading.is_turned else UPRIGHT
    width, height = turned_size(picture.image.width, picture.image.height, orientation)
    return height, width


def read_mask(path: Picture, name: str | None = None, colours: ColourTable | None = None) -> np.ndarray:
    """Reads the pixel values of a PNG mask as they are stored: the indices of a palette picture, not its colours.

    A mask is never turned: it belongs to the image as that is shown.

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
    return _mask_values(_mask(path, name), colours)


def mask_colours(path: Path) -> tuple[ColoursSeen, int]:
    """Returns the colours of a PNG mask as a viewer shows them, and its number of pixels.

    Raises:
        ImageError: as ``read_mask``, for a file that is no whole PNG picture.
    """
    picture = _mask(path, str(path)).image
    return colours_of(picture), picture.width * picture.height


def look_at_mask(
    path: Picture, name: str | None = None, colours: ColourTable | None = None
) -> tuple[np.ndarray, MaskFacts]:
    """Reads a mask as :func:`read_mask` does, and tells what else is known of it.

    Raises:
        ImageError: likewise.
    """
    name = name or str(path)
    picture = _mask(path, name)
    values = _mask_values(picture, colours)
    is_by_index = picture.image.mode == "P" and colours is None
    palette = picture.image.getpalette("RGB") if is_by_index else None
    counts = np.array(Image.fromarray(values).histogram(), np.int64)  # bincount would need 8 bytes for each pixel
    return values, MaskFacts(
        width=values.shape[1],
        height=values.shape[0],
        counts=counts,
        palette=None if palette is None else bytes(palette),
        squares=squares_of(values, counts) if colours is None else None,
    )


def _limit(max_pixels: int | None, max_side: int | None) -> SizeLimit:
    return SizeLimit(MAX_PIXELS if max_pixels is None else max_pixels, max_side)


def _image(picture: OpenPicture, reading: PictureReading, out: np.ndarray | None = None) -> np.ndarray:
    """Decodes a picture whose header was read, into ``out`` where that is given."""
    low = decode(picture, whole=reading.sample_bits != SIXTEEN)
    return _pixels(picture, low, reading, out)


def _pixels(
    picture: OpenPicture, low: Image.Image | None, reading: PictureReading, out: np.ndarray | None = None
) -> np.ndarray:
    """Returns the pixels of a decoded picture, (H, W, 3) uint8, in ``out`` where that is given."""
    orientation = orientation_of(picture) if reading.is_turned else UPRIGHT
    picture.image.info.pop("transparency", None)  # if the entry stays, Pillow warns that transparency is lost
    if out is None or orientation != UPRIGHT:
        stored = np.empty((picture.image.height, picture.image.width, 3), np.uint8)
    else:
        stored = out
    write_rgb(picture.image, low, reading.sample_bits, stored)
    if out is None:
        return np.ascontiguousarray(turned(stored, orientation))
    if stored is not out:
        out[...] = turned(stored, orientation)
    return out


def _mask(path: Picture, name: str) -> OpenPicture:
    """Returns a decoded PNG file."""
    picture = open_picture(read_bytes(path, name), name, SizeLimit(), MASK_FORMATS)
    if picture.kind is JPEG:
        fault = "is a JPEG picture, and JPEG alters class ids"
        raise ImageError.of(name, fault, "a mask must be saved as PNG", "jpeg-mask")
    if picture.kind is not PNG:
        fault = f"is a {picture.kind.name} picture, and masks are read from PNG files alone"
        raise ImageError.of(name, fault, PLAIN_MASK, "mask-format")
    decode(picture)
    return picture


def _mask_values(picture: OpenPicture, colours: ColourTable | None) -> np.ndarray:
    if colours is not None:
        return classes_by_colour(picture.image, colours, picture.name)
    mode = picture.image.mode
    if mode in ("1", "P"):
        return np.array(picture.image, dtype=np.uint8)
    if mode == "L":
        return np.array(picture.image) // np.uint8(_GREY_STRETCH.get(picture.data[PNG_BIT_DEPTH], 1))
    if mode.startswith("I"):
        return _narrowed(np.array(picture.image), picture.name)
    raise unread_colours(picture.image, picture.name)


def _narrowed(values: np.ndarray, name: str) -> np.ndarray:
    if values.max() > 255:
        fault = f"holds 16-bit values up to {values.max()}; a mask holds class ids of 0 to 255"
        raise ImageError.of(name, fault, PLAIN_MASK, "mask-of-16-bits")
    return values.astype(np.uint8)
