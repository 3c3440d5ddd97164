"""Pictures of a data set for its page: small ones, and their masks as pictures to lay over them."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.console.roots import Roots
from semseg.contract.channels import TRAIN, VALIDATION
from semseg.contract.png_mask import IGNORE
from semseg.data.checks import read_checked
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.image_files import read_image
from semseg.data.samples import Sample
from semseg.drawing.class_colours import class_colours
from semseg.errors import SemsegError, UserError
from semseg.inspection.data_folders import HalfFolders, open_data

SHOWN = 24  # of a half
SIDE = 480  # pixels of the long side of a small picture
ALL_CLASSES = 254
HALVES = (TRAIN, VALIDATION)
_QUALITY = 82  # of JPEG
_MOST_KEPT = 256  # small pictures, of about 30 KB


@dataclass(frozen=True)
class SmallPicture:
    """A picture as the page shows it.

    Attributes:
        picture: a JPEG file.
        mask: a PNG file of the same size in the colours of the classes; what is ignored is left clear, and all of it
            where the mask cannot be read.
    """

    picture: bytes
    mask: bytes


class DataPictures:
    """The small pictures of data sets; those that were shown last are kept.

    Args:
        roots: no file that lies elsewhere is shown, even where a link leads there.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._room = threading.Semaphore(2)  # whole pictures in memory at a time
        self.half = lru_cache(maxsize=8)(_half)
        self._small = lru_cache(maxsize=_MOST_KEPT)(self._made)

    def names(self, folder: Path, channel: str) -> list[str]:
        """Returns the names of the pictures that are shown of a half, taken evenly from all of them.

        Raises:
            UserError: there is no such half.
            ChannelError: the data set cannot be opened.
        """
        return [sample.name for sample in _evenly(self.half(folder, channel).found.samples)]

    def small(self, folder: Path, channel: str, place: int) -> SmallPicture:
        """Returns a picture of those that are shown.

        Raises:
            UserError: there is none at this place.
            ImageError: it cannot be read.
        """
        return self._small(folder, channel, place)

    def forget(self) -> None:
        """Lets all be read again: a label map was written, or files were changed."""
        self.half.cache_clear()
        self._small.cache_clear()

    def _made(self, folder: Path, channel: str, place: int) -> SmallPicture:
        half = self.half(folder, channel)
        samples = _evenly(half.found.samples)
        if not 0 <= place < len(samples):
            raise UserError(f"there is no picture {place} of channel {channel}: look at its page again")
        sample = samples[place]
        if not all(isinstance(file, Path) and self._roots.has(file) for file in (sample.image, sample.mask)):
            raise UserError(f"{sample.name} must lie below {self._roots.listed()}, and is a link that leads out")
        with self._room:
            return _small_picture(sample, half)


def display_colours(label_map: LabelMap) -> np.ndarray:
    """Returns the colour of each class, (256, 3) uint8: the label map's own ones where it has any."""
    if label_map.colours is None:
        return class_colours()
    # Of several colours of a class the first one.
    return class_colours(given={label: colour for colour, label in reversed(label_map.colours.entries)})


def _half(folder: Path, channel: str) -> HalfFolders:
    found = next((half for half in open_data(folder) if half.channel == channel), None)
    if found is None:
        raise UserError(f"channel must be train or validation, got {channel!r:.80}")
    return found


def _evenly(samples: Sequence[Sample]) -> list[Sample]:
    places = np.linspace(0, len(samples) - 1, min(SHOWN, len(samples))).round().astype(int)
    return [samples[place] for place in places]


def _small_picture(sample: Sample, half: HalfFolders) -> SmallPicture:
    try:
        image, mask = read_checked(sample, half.label_map, ALL_CLASSES, half.channel)
    except SemsegError:  # the check says what is wrong; the picture alone can still be seen
        image = read_image(sample.image)
        mask = np.full(image.shape[:2], IGNORE, np.uint8)
    return SmallPicture(_jpeg(image), _png(mask, display_colours(half.label_map)))


def _jpeg(image: np.ndarray) -> bytes:
    small = Image.fromarray(image)
    small.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return _file(small, "JPEG", quality=_QUALITY)


def _png(mask: np.ndarray, colours: np.ndarray) -> bytes:
    small = Image.fromarray(mask)
    small.thumbnail((SIDE, SIDE), Image.Resampling.NEAREST)
    small.putpalette(colours.tobytes())
    return _file(small, "PNG", transparency=IGNORE)


def _file(picture: Image.Image, form: str, **options: int) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()
