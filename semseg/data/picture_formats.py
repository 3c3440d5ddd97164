"""The formats that pictures are read from, told by the first bytes of a file.

Pillow's file classes are called directly, not through ``Image.open``: that warns of pictures with many pixels by a
setting of the whole process, while here the caller gives the limit, and it is an error to exceed it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)  # bytes, as the file says at offset 14
_TIFF_SIZE = (256, 257)  # the tags of width and height


class StoredTiff(TiffImageFile):
    """The first page of a TIFF file, with its pixels as they are stored; Pillow's own class turns them."""

    def _open(self) -> None:
        super()._open()
        width, height = _TIFF_SIZE
        self._size = self.tag_v2[width], self.tag_v2[height]

    def load_end(self) -> None:
        """Leaves the pixels as they are."""


@dataclass(frozen=True)
class PictureFormat:
    """A format of picture files.

    Attributes:
        name: as in "a TIFF picture".
        starts: what its files begin with.
        opener: reads the header alone of a file with these bytes; raises an error of many kinds where it is damaged.
    """

    name: str
    starts: tuple[bytes, ...]
    opener: Callable[[io.BytesIO], ImageFile]

    def open(self, data: bytes) -> ImageFile:
        """Reads the header alone; no pixel is decoded."""
        return self.opener(io.BytesIO(data))


JPEG = PictureFormat("JPEG", (b"\xff\xd8\xff",), JpegImageFile)
PNG = PictureFormat("PNG", (b"\x89PNG\r\n\x1a\n",), PngImageFile)
TIFF = PictureFormat("TIFF", (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), StoredTiff)
BMP = PictureFormat("BMP", (b"BM",), BmpImageFile)
WEBP = PictureFormat("WebP", (b"RIFF",), WebPImageFile)
FORMATS = (JPEG, PNG, TIFF, BMP, WEBP)


def format_of(data: bytes) -> PictureFormat | None:
    """Returns the format of a file with these bytes; None where it is none that is read."""
    found = next((kind for kind in FORMATS if data.startswith(kind.starts)), None)
    if found is BMP and int.from_bytes(data[14:18], "little") not in _BMP_HEADERS:
        return None
    if found is WEBP and data[8:12] != b"WEBP":
        return None
    return found


@dataclass(frozen=True)
class OpenPicture:
    """A picture file of which the header was read.

    Attributes:
        image: Pillow's, whose pixels may not be decoded yet.
        data: the bytes of the file.
        kind: its format.
        name: what an error calls it.
    """

    image: ImageFile
    data: bytes
    kind: PictureFormat
    name: str

    def tiff_tag(self, number: int, default: Any) -> Any:
        """Returns the value of a tag of a TIFF file; the default where there is none, or in another format."""
        return self.image.tag_v2.get(number, default) if isinstance(self.image, TiffImageFile) else default
