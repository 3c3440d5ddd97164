"""The picture files of a dataset: their sizes, and their copies or links in a new folder."""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from semseg.contract.pairing import MAX_PICTURE_BYTES
from semseg.conversion.conversion_problems import Unusable
from semseg.data.image_files import picture_size
from semseg.plumbing.regular_file import read_regular

_ORIENTATION = 0x0112  # the EXIF tag
_ON_ITS_SIDE = 5  # and above: turned by 90 degrees


@dataclass(frozen=True)
class PictureFile:
    """A picture file that was read.

    Attributes:
        content: its bytes.
        width, height: in pixels, as stored.
        orientation: its EXIF orientation, 1 where it carries none.
    """

    content: bytes
    width: int
    height: int
    orientation: int

    def annotated_size(self, said: tuple[int, int] | None) -> tuple[int, int]:
        """Returns the width and height of the annotations' picture.

        Args:
            said: what the annotations say; None where they do not: then it is the picture as stored.

        Raises:
            Unusable: that is neither the picture's size as stored, nor as its EXIF orientation turns it.
        """
        stored = self.width, self.height
        turned = stored[::-1] if self.orientation >= _ON_ITS_SIDE else stored
        if said is None or said in (stored, turned):
            return said or stored
        raise Unusable(
            f"its picture must have the size that it was annotated in, {said[0]} x {said[1]} pixels, got "
            f"{self.width} x {self.height}: give the folder of the pictures that were annotated"
        )


def read_picture(path: Path) -> PictureFile:
    """Reads a picture file, and of the picture its header.

    Raises:
        ImageError: it is no picture of a kind that jobs read, or damaged.
        Unusable: it cannot be read.
    """
    try:
        content = read_regular(path, MAX_PICTURE_BYTES)
    except OSError as error:
        raise Unusable(f"its picture cannot be read: {error.strerror}") from error
    height, width = picture_size(content)
    return PictureFile(content, width, height, _orientation(content))


def keep_picture(path: Path, file: PictureFile, target: Path, link: bool) -> None:
    """Writes a picture to ``target`` as it is, or makes that a hard link to it where the file system allows it."""
    if link:
        with contextlib.suppress(OSError):
            os.link(path.resolve(), target)
            return
    target.write_bytes(file.content)


def _orientation(content: bytes) -> int:
    with contextlib.suppress(Exception), Image.open(io.BytesIO(content)) as picture:  # broken EXIF blocks raise any
        orientation = int(picture.getexif().get(_ORIENTATION, 1))
        return orientation if 1 <= orientation <= 8 else 1
    return 1
