"""Decoded samples that are kept in memory, so that each file is decoded once in a job and not once an epoch.

What is kept is what reading gave, to the bit. It holds only as long as a file has the same size and time of change.

Where there is no room for an image, its mask is kept alone, packed to some hundredths of it: a mask's PNG takes as long
to decode as the JPEG of its image.
"""

from __future__ import annotations

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.picture import Picture
from semseg.data.pictures.picture_reading import PictureReading
from semseg.data.samples import Sample
from semseg.plumbing.digest import blake2b
from semseg.plumbing.kept_arrays import KeptArrays, Stamp

_PART_FOR_PACKED = 8  # one in so many bytes is for packed masks
_SHAPE = struct.Struct("<II")  # of a packed mask, before its pixels
_QUICKEST = 1  # level of zlib
_IN_A_STORE = Stamp(0, 0)  # of an object in S3: to ask for its state would take as long as to read it


@dataclass(frozen=True)
class SeenFiles:
    """Both files of a sample before they were read."""

    image: Stamp | None
    mask: Stamp | None


@dataclass(frozen=True)
class KeptSamples:
    """The decoded samples of one half of the data, as far as there is room for them. Any thread may call it.

    Args:
        arrays: where they are kept; nothing else is kept there.
        label_map: of the masks, which are kept as classes.
        num_classes: every class must be less than this.
    """

    arrays: KeptArrays
    label_map: LabelMap
    num_classes: int

    @property
    def whole(self) -> int:
        """Returns how many samples are kept with their images."""
        return self.arrays.count_of(dimensions=3)

    @property
    def masks_alone(self) -> int:
        """Returns of how many samples the masks alone are kept."""
        return max(0, self.arrays.count - 2 * self.whole)

    def seen(self, sample: Sample) -> SeenFiles:
        """Returns the present state of both files of a sample; to be asked for before they are read."""
        return SeenFiles(stamp_of(sample.image), stamp_of(sample.mask))

    def get(
        self, sample: Sample, seen: SeenFiles, reading: PictureReading
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Returns the image, (H, W, 3) uint8 RGB, and the mask, (H, W) uint8 class per pixel, both read-only; None for
        what is not kept as it is now.

        Args:
            seen: the present state of its files.
            reading: how images are read; but for whether they are turned, the same in all of a job.
        """
        image = None if seen.image is None else self.arrays.get(key_of(sample.image, reading), seen.image)
        mask = None if seen.mask is None else self.arrays.get(key_of(sample.mask), seen.mask)
        return image, mask if mask is None or mask.ndim > 1 else unpacked(mask)

    def put(
        self, sample: Sample, seen: SeenFiles, image: np.ndarray, classes: np.ndarray, reading: PictureReading
    ) -> None:
        """Keeps a sample that is in order, as far as there is room.

        Args:
            seen: the state of its files before they were read.
            classes: (H, W) uint8, class per pixel.
        """
        self.put_image(sample.image, seen.image, image, reading)
        self._put_classes(sample.mask, seen.mask, classes)

    def put_image(self, picture: Picture, seen: Stamp | None, image: np.ndarray, reading: PictureReading) -> None:
        """Keeps an image, if there is room; ``reading`` is how it was read."""
        if seen is not None:
            self.arrays.put(key_of(picture, reading), seen, image, self._left)

    def put_values(self, picture: Picture, seen: Stamp | None, values: np.ndarray) -> None:
        """Keeps a mask, given as pixel values and not as classes, unless it holds one that is not allowed."""
        classes = self.label_map.apply_allowed(values, self.num_classes)
        if classes is not None:
            self._put_classes(picture, seen, classes)

    def _put_classes(self, picture: Picture, seen: Stamp | None, classes: np.ndarray) -> None:
        if seen is not None and not self.arrays.put(key_of(picture), seen, classes, self._left):
            self.arrays.put(key_of(picture), seen, packed(classes))

    @property
    def _left(self) -> int:
        """Returns how many bytes are left for packed masks."""
        return self.arrays.place.room // _PART_FOR_PACKED


def packed(classes: np.ndarray) -> np.ndarray:
    """Returns a mask, (H, W) uint8, as an array of one dimension that :func:`unpacked` understands."""
    pixels = zlib.compress(np.ascontiguousarray(classes).data, _QUICKEST)
    return np.frombuffer(_SHAPE.pack(*classes.shape) + pixels, np.uint8)


def unpacked(mask: np.ndarray) -> np.ndarray:
    """Returns the mask that was packed, read-only."""
    height, width = _SHAPE.unpack(mask[: _SHAPE.size].tobytes())
    return np.frombuffer(zlib.decompress(mask[_SHAPE.size :].data), np.uint8).reshape(height, width)


def stamp_of(picture: Picture) -> Stamp | None:
    """Returns the present state of a file; None if it cannot be had, and the same always of an object in S3."""
    if not isinstance(picture, Path):
        return _IN_A_STORE
    try:
        state = os.stat(picture)
    except OSError:
        return None
    return Stamp(state.st_mtime_ns, state.st_size)


def key_of(picture: Picture, reading: PictureReading | None = None) -> int:
    """Returns a number of 64 bits that stands for a picture at its place, as an image, turned or not, or as a mask."""
    kind = "mask" if reading is None else f"image {reading.is_turned}"
    return int.from_bytes(blake2b(os.fsencode(f"{kind} {picture}"))[:8], "big")
