"""The picture files of a dataset: their sizes, and their copies or links in a new folder."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from semseg.conversion.conversion_problems import Unusable
from semseg.data.pictures.picture_files import open_picture, read_bytes
from semseg.data.pictures.picture_limits import SizeLimit
from semseg.data.pictures.picture_orientation import orientation_of, turned_size


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
        turned = turned_size(self.width, self.height, self.orientation)
        if said is None or said in (stored, turned):
            return said or stored
        raise Unusable(
            f"its picture must have the size that it was annotated in, {said[0]} x {said[1]} pixels, got "
            f"{self.width} x {self.height}: give the folder of the pictures that were annotated"
        )


def read_picture(path: Path) -> PictureFile:
    """Reads a picture file, and of the picture its header.

    Raises:
        ImageError: it cannot be read, is no picture of a kind that jobs read, or damaged.
    """
    content = read_bytes(path, path.name)
    picture = open_picture(content, path.name, SizeLimit())
    return PictureFile(content, picture.image.width, picture.image.height, orientation_of(picture))


def keep_picture(path: Path, file: PictureFile, target: Path, link: bool) -> None:
    """Writes a picture to ``target`` as it is, or makes that a hard link to it where the file system allows it."""
    if link:
        with contextlib.suppress(OSError):
            os.link(path.resolve(), target)
            return
    target.write_bytes(file.content)
