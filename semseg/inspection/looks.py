"""What a check sums up of one half of a data set, beside what a job sums up: sizes, and masks of each value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from semseg.data.labels.label_map import LabelMap
from semseg.data.look.channel_look import ChannelLook
from semseg.data.pictures.facts import ImageFacts, MaskFacts


@dataclass(frozen=True)
class Sizes:
    """The sizes of the pictures of one half; each is (width, height) in pixels.

    Attributes:
        smallest: that of the fewest pixels.
        typical: that of the middle one, if they are ordered by their long sides.
        largest: that of the most pixels.
        different: how many sizes there are.
    """

    smallest: tuple[int, int]
    typical: tuple[int, int]
    largest: tuple[int, int]
    different: int

    def __str__(self) -> str:
        if self.different == 1:
            return f"all {_shown(self.typical)} pixels"
        return (
            f"{self.different} sizes, {_shown(self.smallest)} to {_shown(self.largest)} pixels, "
            f"half of them up to {max(self.typical)} pixels long"
        )


class HalfLook(ChannelLook):
    """A job's look at one half, which counts the sizes of its pictures, and in how many masks each value stands.

    Attributes:
        sizes: how many pictures have each (width, height).
        masks_with: (256,) int64, the number of masks that hold each raw value.
    """

    def __init__(self, channel: str) -> None:
        super().__init__(channel)
        self.sizes: Counter[tuple[int, int]] = Counter()
        self.masks_with = np.zeros(256, np.int64)

    def add(self, names: tuple[str, str], image: ImageFacts | None, mask: MaskFacts | None) -> None:
        """Takes in one sample; see :meth:`ChannelLook.add`. Called from one thread."""
        super().add(names, image, mask)
        if image is not None:
            self.sizes[image.width, image.height] += 1
        if mask is not None:
            self.masks_with += mask.counts > 0

    def size_range(self) -> Sizes | None:
        """Returns what the sizes are; None where no picture could be read."""
        if not self.sizes:
            return None
        by_pixels = sorted(self.sizes, key=lambda size: (size[0] * size[1], size))
        by_length = sorted(self.sizes.elements(), key=lambda size: (max(size), size))
        return Sizes(by_pixels[0], by_length[len(by_length) // 2], by_pixels[-1], len(self.sizes))

    def class_pixels(self, label_map: LabelMap, num_classes: int) -> np.ndarray:
        """Returns the number of pixels of each class, (num_classes,) int64."""
        counted = np.where(label_map.known, self.values.counts, 0)
        return np.bincount(label_map.table, counted, minlength=256)[:num_classes].astype(np.int64)


def _shown(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]}"
