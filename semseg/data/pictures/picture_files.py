"""Reads the bytes of a picture file, opens it, and decodes it; whatever is wrong with it becomes an ImageError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from semseg.contract.foreign_files import kind_of
from semseg.contract.pairing import MAX_PICTURE_BYTES
from semseg.contract.picture_kinds import picture_kind
from semseg.data.pictures.picture import Picture
from semseg.data.pictures.picture_formats import BROKEN, OpenPicture, open_file
from semseg.data.pictures.picture_limits import SizeLimit, check_before_load, check_before_open, damaged
from semseg.data.pictures.picture_pixels import SIXTEEN, check_mode, low_bytes, stored_bits
from semseg.errors import ImageError
from semseg.plumbing.regular_file import read_regular

IMAGE_FORMATS, MASK_FORMATS = "JPEG or PNG", "PNG"  # that errors tell to save as

_UNKNOWN_PIXELS = ("unknown pixel mode", "unknown data organization")  # Pillow's words of a sound TIFF file


def read_bytes(path: Picture, name: str) -> bytes:
    """Returns the content of a file.

    Raises:
        ImageError: it cannot be read, is no regular file, or has more than MAX_PICTURE_BYTES bytes.
    """
    try:
        return read_regular(path, MAX_PICTURE_BYTES) if isinstance(path, Path) else path.read_bytes()
    except OSError as error:
        raise ImageError.of(name, "cannot be read", str(error.strerror), "unreadable") from error


def open_picture(data: bytes, name: str, limit: SizeLimit, wanted: str = IMAGE_FORMATS) -> OpenPicture:
    """Reads the header of a picture only, and checks the size that it says.

    Args:
        wanted: the formats that an error tells to save as.

    Raises:
        ImageError: there are no bytes, they are of a kind that is not read, the header is damaged, or the picture is
            too large.
    """
    if not data:
        raise ImageError.of(name, "is empty (0 bytes)", f"a {wanted} picture is needed", "empty")
    kind = picture_kind(data)
    if kind is None:
        raise _foreign(data, name, wanted)
    check_before_open(data, kind, limit, name)
    with _damage_told(name):
        image = open_file(data, kind)
    limit.check(image.width, image.height, name)
    return OpenPicture(image, data, kind, name)


def decode(picture: OpenPicture, whole: bool = False) -> Image.Image | None:
    """Decodes the pixels of a picture.

    Args:
        whole: whether all bits are wanted where a sample has 16.

    Returns:
        The low bytes of a picture of colours of 16 bits, where they are wanted; else None.

    Raises:
        ImageError: it is damaged, or its pixels are of a kind that is not read.
    """
    with _damage_told(picture.name):
        check_before_load(picture)
        check_mode(picture)
        low = low_bytes(picture) if whole and stored_bits(picture) == SIXTEEN else None
        picture.image.load()
        return low


def _foreign(data: bytes, name: str, wanted: str) -> ImageError:
    """Returns the error of a file that is no picture of a format that is read."""
    kind = kind_of(data)
    if kind is None:
        fault = f"is no picture that can be read (it begins with {data[:4]!r})"
        return ImageError.of(name, fault, f"save it as {wanted}", "no-picture")
    return ImageError.of(name, kind.fault, kind.way_out.format(wanted=wanted), kind.cause)


@contextmanager
def _damage_told(name: str) -> Iterator[None]:
    """Makes an ImageError of what Pillow raises."""
    try:
        yield
    except ImageError:
        raise
    except BROKEN as error:
        if str(error) in _UNKNOWN_PIXELS:
            fault = "is a TIFF picture of bands or samples that are not read"
            raise ImageError.of(name, fault, "save it as RGB or grey of 8 bits", "odd-pixels") from error
        raise damaged(name, error) from error
