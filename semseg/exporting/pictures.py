"""The pictures that an export is measured on."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.data.dataset import Passes
from semseg.data.pictures.image_files import read_image
from semseg.data.pictures.picture import Picture
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.prediction.scale import ScaleRule
from semseg.training.good_samples import made_of_good


class Unlabelled:
    """Pictures without masks, given as samples in which every pixel is ignored.

    Args:
        reading: the rule by which they are read.
    """

    def __init__(self, pictures: Sequence[Picture], reading: PictureReading = AS_STORED) -> None:
        self.pictures = pictures
        self.reading = reading

    def one_pass(self) -> range:
        """Returns the indices of all pictures."""
        return range(len(self.pictures))

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Reads one picture; every pixel of its mask is 255."""
        image = read_image(self.pictures[place], reading=self.reading)
        return image, np.full(image.shape[:2], IGNORE, np.uint8)


def some_images(samples: Passes, count: int, scale: ScaleRule) -> list[np.ndarray]:
    """Returns at most ``count`` of the images, (H, W, 3) uint8 RGB, at the sizes at which the network sees them.

    Numbered samples are taken at even distances, a stream from its beginning.
    """
    places = samples.one_pass()
    if isinstance(places, Sequence):
        few = min(count, len(places))
        return [scale.resized(samples.read(places[n * len(places) // few])[0]) for n in range(few)]
    with closing(_each(places)) as stream:  # ends the pass
        images = made_of_good(lambda place: samples.read(place)[0], stream, workers=0)
        return [scale.resized(image) for image in islice(images, count)]


def _each(places: Iterable[Any]) -> Generator[Any, None, None]:
    yield from places
