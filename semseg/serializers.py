"""What the caller holds -> the bytes of a request.

The class names are those of the SageMaker Python SDK; own classes in its form work too. A segmentation endpoint takes
pictures; the text and tensor formats are for endpoints of other models.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from semseg.amazon.common import RecordSerializer, numpy_to_record_serializer
from semseg.base_serializers import (
    BaseSerializer,
    CSVSerializer,
    JSONLinesSerializer,
    JSONSerializer,
    LibSVMSerializer,
    NumpySerializer,
    SimpleBaseSerializer,
    SparseMatrixSerializer,
    StringSerializer,
)
from semseg.contract import media_types
from semseg.contract.address import DATA, can_be_a_path, path_text, scheme_of
from semseg.contract.echoed import echoed
from semseg.contract.foreign_files import kind_of
from semseg.contract.pairing import MAX_PICTURE_BYTES
from semseg.contract.picture_kinds import picture_kind
from semseg.errors import ImageError, UserError
from semseg.plumbing.counted import counted
from semseg.plumbing.regular_file import read_regular

__all__ = [
    "BaseSerializer",
    "CSVSerializer",
    "DataSerializer",
    "IdentitySerializer",
    "ImageSerializer",
    "JSONLinesSerializer",
    "JSONSerializer",
    "LibSVMSerializer",
    "NumpySerializer",
    "RecordSerializer",
    "SimpleBaseSerializer",
    "SparseMatrixSerializer",
    "StringSerializer",
    "numpy_to_record_serializer",
]

NOUN = "an image"  # as errors name it
BASE64 = re.compile(r"[A-Za-z0-9+/_=\s-]+")
PROBED = 1000  # characters of a text that may be base64
ORIENTATION = 274  # the tag of EXIF
PNG_LEVEL = 1  # of compression, 0 to 9: the bytes travel within one machine
EIGHT_BIT_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB")  # Pillow's
GREY_OF_16_BITS = "I;16"  # likewise; the model says which of the bits are used


class IdentitySerializer(SimpleBaseSerializer):
    """Sends bytes as they are: ``IdentitySerializer("image/jpeg")`` with the bytes of a JPEG file."""

    def __init__(self, content_type: str = media_types.OCTET_STREAM) -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> Any:
        return data


class DataSerializer(SimpleBaseSerializer):
    """Sends bytes, or the content of the file that a path names, or either as ``{"data": ...}``."""

    def __init__(self, content_type: str = "file-path/raw-bytes") -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> bytes:
        """Returns the bytes.

        Raises:
            UserError: ``data`` is none of these, or the file cannot be read.
        """
        if isinstance(data, dict) and "data" in data:
            data = data["data"]
        if isinstance(data, bytes):
            return data
        if isinstance(data, (str, os.PathLike)):
            return _read(data)
        raise UserError(f'data must be bytes, a path or {{"data": either}}, got {type(data).__name__}')


class ImageSerializer(BaseSerializer):
    """Sends a picture: files of the formats that are read as they are, pixels as PNG.

    The pixels are those that are stored, and an EXIF orientation goes with them: the model says whether it turns them.
    """

    @property
    def CONTENT_TYPE(self) -> str:
        """For any picture; a Predictor says more exactly what :meth:`content_type_of` finds."""
        return media_types.ANY_IMAGE

    @staticmethod
    def content_type_of(body: bytes) -> str:
        """Returns the media type of a picture, such as image/jpeg, told by the first bytes."""
        kind = picture_kind(body)
        return media_types.ANY_IMAGE if kind is None else kind.media_type

    def serialize(self, data: Any) -> bytes:
        """Returns the bytes of a JPEG, PNG, TIFF, BMP or WebP file.

        Args:
            data: the path of such a file, its bytes, the file opened for reading bytes (it is read from where it
                stands), a PIL image, or an image: (H, W, 3) uint8, RGB.

        Raises:
            ImageError: it is none of these.
        """
        if isinstance(data, (str, os.PathLike)):
            return _checked(_read(data), f"the file {echoed(os.fspath(data))}")
        if isinstance(data, (bytes, bytearray)):
            return _checked(bytes(data), "the bytes of a picture")
        if isinstance(data, Image.Image):
            return _png_of_picture(data)
        if isinstance(data, np.ndarray):
            return _png(data)
        if hasattr(data, "read"):
            return _checked(_content(data), "an open file")
        raise ImageError(
            f"an image must be a path, JPEG or PNG bytes, an open file, a PIL image or an (H, W, 3) uint8 array, "
            f"got {type(data).__name__}"
        )


def _read(location: str | os.PathLike[str]) -> bytes:
    _check_no_picture(os.fspath(location))
    path = Path(path_text(NOUN, location, _way_out(location), ImageError))
    try:
        return read_regular(path, MAX_PICTURE_BYTES)
    except OSError as error:
        rule = "an image must be a file that can be read"
        raise ImageError(f"{rule}, got {echoed(str(path))}: {error.strerror}") from error


def _way_out(location: str | os.PathLike[str]) -> str:
    """Returns what to do with the address of a picture."""
    scheme = scheme_of(location)
    if scheme == DATA:
        return "give its bytes, base64.b64decode(text.partition(',')[2])"
    if scheme == "s3":
        return (
            "give its bytes, semseg.s3.S3Downloader.read_bytes(uri), or answer a whole prefix by "
            "Transformer.transform(uri)"
        )
    return "download it, then give the path or the bytes"


def _check_no_picture(text: str) -> None:
    """Refuses a text that is the picture itself and not its path."""
    kind = way_out = ""
    if not can_be_a_path(text) and BASE64.fullmatch(text[:PROBED]):
        kind, way_out = "base64", "base64.b64decode(text)"
    elif text.lstrip()[:1] in ("{", "[") and not os.path.exists(text):
        kind, way_out = "JSON", "such as those of a JPEG file"
    if kind:
        raise ImageError(f"{NOUN} must be a path, or bytes, got {kind}, {echoed(text)}: give its bytes, {way_out}")


def _content(file: Any) -> bytes:
    content = file.read(MAX_PICTURE_BYTES + 1)
    if not isinstance(content, bytes):
        raise ImageError(f"an open file must give bytes, got {type(content).__name__}: open it with mode 'rb'")
    if len(content) > MAX_PICTURE_BYTES:
        raise ImageError(f"an open file must have at most {MAX_PICTURE_BYTES} bytes, got more")
    return content


def _checked(body: bytes, noun: str) -> bytes:
    if picture_kind(body) is not None:
        return body
    kind = kind_of(body)
    if kind is not None:
        raise ImageError.of(noun, kind.fault, kind.way_out.format(wanted="JPEG or PNG"), kind.cause)
    raise ImageError(
        f"{noun} must be a picture, got {counted(len(body), 'byte')}, beginning with {body[:4]!r}: "
        f"give a JPEG, PNG, TIFF, BMP or WebP file"
    )


def _png_of_picture(picture: Image.Image) -> bytes:
    """Returns a PNG file of the pixels, and of the orientation that may be noted with them."""
    if picture.mode not in (*EIGHT_BIT_MODES, GREY_OF_16_BITS):
        raise ImageError(
            f"a PIL image must have 8 bits a channel, or be grey of 16 bits, got mode {picture.mode!r}: make it RGB, 0 "
            "to 255"
        )
    pixels = picture if picture.mode == GREY_OF_16_BITS else picture.convert("RGB")
    return _saved(Image.fromarray(np.asarray(pixels)), _orientation(picture))


def _orientation(picture: Image.Image) -> Image.Exif:
    """Returns an EXIF block with the orientation of a picture, where it has one."""
    block = Image.Exif()
    if ORIENTATION in (tags := picture.getexif()):
        block[ORIENTATION] = tags[ORIENTATION]
    return block


def _png(image: np.ndarray) -> bytes:
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        shape = ", ".join(str(side) for side in image.shape)
        raise ImageError(f"an image must be an (H, W, 3) uint8 array, RGB, got ({shape}) {image.dtype}")
    return _saved(Image.fromarray(np.ascontiguousarray(image)))


def _saved(picture: Image.Image, exif: Image.Exif | None = None) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=PNG_LEVEL, exif=exif)
    return file.getvalue()
