"""Decoded samples that are kept in memory, so that each file is decoded once in a job and not once an epoch.

What is kept is what reading gave, to the bit. It holds only as long as a file has the same size and time of change.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from semseg.data.label_map import LabelMap
from semseg.data.samples import Picture, Sample
from semseg.plumbing.kept_arrays import KeptArrays, Stamp

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

    def seen(self, sample: Sample) -> SeenFiles:
        """Returns the present state of both files of a sample; to be asked for before they are read."""
        return SeenFiles(stamp_of(sample.image), stamp_of(sample.mask))

    def get(self, sample: Sample, seen: SeenFiles) -> tuple[np.ndarray, np.ndarray] | None:
        """Returns the image, (H, W, 3) uint8 RGB, and the mask, (H, W) uint8 class per pixel, both read-only; None if
        not both are kept as they are now.
        """
        image, mask = self._get(sample.image, seen.image), self._get(sample.mask, seen.mask)
        return None if image is None or mask is None else (image, mask)

    def put(self, sample: Sample, seen: SeenFiles, image: np.ndarray, classes: np.ndarray) -> None:
        """Keeps a sample that is in order, if there is room.

        Args:
            seen: the state of its files before they were read.
            classes: (H, W) uint8, class per pixel.
        """
        self.put_image(sample.image, seen.image, image)
        self._put(sample.mask, seen.mask, classes)

    def put_image(self, picture: Picture, seen: Stamp | None, image: np.ndarray) -> None:
        """Keeps an image, if there is room."""
        self._put(picture, seen, image)

    def put_mask(self, picture: Picture, seen: Stamp | None, raw: np.ndarray) -> None:
        """Keeps the classes of a mask, if there is room and it holds only pixel values that are allowed."""
        classes = self.label_map.apply_allowed(raw, self.num_classes)
        if classes is not None:
            self._put(picture, seen, classes)

    def _get(self, picture: Picture, seen: Stamp | None) -> np.ndarray | None:
        return None if seen is None else self.arrays.get(key_of(picture), seen)

    def _put(self, picture: Picture, seen: Stamp | None, pixels: np.ndarray) -> None:
        if seen is not None:
            self.arrays.put(key_of(picture), seen, pixels)


def stamp_of(picture: Picture) -> Stamp | None:
    """Returns the present state of a file; None if it cannot be had, and the same always of an object in S3."""
    if not isinstance(picture, Path):
        return _IN_A_STORE
    try:
        state = os.stat(picture)
    except OSError:
        return None
    return Stamp(state.st_mtime_ns, state.st_size)


def key_of(picture: Picture) -> int:
    """Returns a number of 64 bits that stands for the place of a picture."""
    return int.from_bytes(hashlib.blake2b(os.fsencode(str(picture)), digest_size=8).digest(), "big")
