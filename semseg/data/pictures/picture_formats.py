"""Opens picture files by Pillow.

Pillow's file classes are called directly, not through ``Image.open``: that warns of pictures with many pixels by a
setting of the whole process, while here the caller gives the limit, and it is an error to exceed it.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from semseg.contract.picture_kinds import BMP, JPEG, PNG, TIFF, WEBP, PictureKind

# What Pillow raises on broken files; UserWarning only in a process that makes errors of warnings.
BROKEN = (
    *(OSError, EOFError, SyntaxError, ValueError, struct.error, UserWarning),
    *(ArithmeticError, LookupError, TypeError, AssertionError, AttributeError),  # from EXIF blocks and TIFF tags
)

_TIFF_SIZE = (256, 257)  # the tags of width and height


class StoredTiff(TiffImageFile):
    """The first page of a TIFF file, with its pixels as they are stored; Pillow's own class turns them."""

    def _open(self) -> None:
        super()._open()
        width, height = _TIFF_SIZE
        self._size = self.tag_v2[width], self.tag_v2[height]

    def load_end(self) -> None:
        """Leaves the pixels as they are."""


_FILES: Mapping[PictureKind, Callable[[io.BytesIO], ImageFile]] = {
    JPEG: JpegImageFile,
    PNG: PngImageFile,
    TIFF: StoredTiff,
    BMP: BmpImageFile,
    WEBP: WebPImageFile,
}


def open_file(data: bytes, kind: PictureKind) -> ImageFile:
    """Reads the header alone of a picture file; no pixel is decoded.

    Raises: one of BROKEN where it is damaged.
    """
    return _FILES[kind](io.BytesIO(data))


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
    kind: PictureKind
    name: str

    def tiff_tag(self, number: int, default: Any) -> Any:
        """Returns the value of a tag of a TIFF file; the default where there is none, or in another format."""
        return self.image.tag_v2.get(number, default) if isinstance(self.image, TiffImageFile) else default
