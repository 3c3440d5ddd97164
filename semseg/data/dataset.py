"""The samples of one split, which are read one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Protocol

import numpy as np

from semseg.data.checks import read_again, read_checked
from semseg.data.kept_samples import KeptSamples
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.channel_look import ChannelLook
from semseg.data.pictures.image_files import read_image
from semseg.data.pictures.picture_reading import AS_STORED
from semseg.data.samples import Sample
from semseg.errors import ImageError


class Passes(Protocol):
    """Samples that can be read again and again, always in the same order."""

    def one_pass(self) -> Iterable[Any]:
        """Returns, one after the other, the argument that :meth:`read` takes for each sample."""

    def read(self, place: Any) -> tuple[np.ndarray, np.ndarray]:
        """Returns the image, (H, W, 3) uint8 RGB, and the mask, (H, W) uint8 class per pixel, 255 = ignore. May be
        called from any thread.
        """


class NamedPasses(Passes, Protocol):
    """Samples that have names."""

    def name_of(self, place: Any) -> str:
        """Returns the name of a sample's image: its path below the channel's folder, where it is a file."""


class Dataset:
    """Samples that are checked before they are read, and the label map that turns their raw masks into classes.

    Args:
        num_classes: every class must be less than this.
        channel: name of the channel of the images, for the sentences.

    Attributes:
        kept: where decoded samples are kept; None where they are not, as in the beginning.
        reading: the rule by which images are read; it is set once, before the first is.
    """

    def __init__(self, samples: Sequence[Sample], label_map: LabelMap, num_classes: int, channel: str) -> None:
        self.samples = samples
        self.label_map = label_map
        self.num_classes = num_classes
        self.channel = channel
        self.kept: KeptSamples | None = None
        self.reading = AS_STORED

    def __len__(self) -> int:
        return len(self.samples)

    def one_pass(self) -> Iterable[int]:
        """Returns the indices of all samples."""
        return range(len(self))

    def name_of(self, place: int) -> str:
        """Returns the path of a sample's image below the channel's folder."""
        sample = self.samples[place]
        return f"{sample.name}{sample.image.suffix}"

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads one sample. May be called from many threads at once.

        Returns:
            The image, (H, W, 3) uint8 RGB, and the mask, (H, W) uint8 class per pixel, 255 = ignore; they must not be
            written to.

        Raises:
            ChannelError: a file changed since it was checked, and cannot be used any more.
        """
        if self.kept is None:
            return self._read_files(place)
        sample = self.samples[place]
        seen = self.kept.seen(sample)
        image, classes = self.kept.get(sample, seen, self.reading) if self._may_be_kept(place) else (None, None)
        if image is not None and classes is not None:
            return image, classes
        image = None if classes is None else self._image_of(sample, classes)
        found = self._read_files(place) if image is None or classes is None else (image, classes)
        self.kept.put(sample, seen, *found, self.reading)  # what is kept already is left alone
        return found

    def _image_of(self, sample: Sample, classes: np.ndarray) -> np.ndarray | None:
        """Reads the image of a mask that is kept; None if it is no longer in order."""
        with suppress(ImageError):
            image = read_image(sample.image, sample.shown(self.channel)[0], self.reading)
            if image.shape[:2] == classes.shape:
                return image
        return None

    def _may_be_kept(self, place: int) -> bool:
        return True

    def _read_files(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        return read_again(self.samples[place], self.label_map, self.num_classes, self.channel, self.reading)


class UncheckedDataset(Dataset):
    """Samples that were not checked before training: each is checked whenever its files are read.

    Attributes:
        look: takes in each sample once, when it is first read.
    """

    def __init__(self, samples: Sequence[Sample], label_map: LabelMap, num_classes: int, channel: str) -> None:
        super().__init__(samples, label_map, num_classes, channel)
        self.look = ChannelLook(channel)
        self._unread = set(range(len(samples)))

    @property
    def was_read(self) -> bool:
        """Returns whether every sample has been read."""
        return not self._unread

    def _may_be_kept(self, place: int) -> bool:
        return place not in self._unread  # whose values are still to be counted

    def _read_files(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads and checks one sample.

        Raises:
            ChannelError: with every problem of this sample.
        """
        look = self.look if place in self._unread else None
        sample = read_checked(self.samples[place], self.label_map, self.num_classes, self.channel, look, self.reading)
        self._unread.discard(place)
        return sample
