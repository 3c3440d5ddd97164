"""The masks that an engine in this process computes."""

from __future__ import annotations

from threading import Lock

import numpy as np

from semseg.bulk.answers import Answer, Room, Source, SureMask, most_probable
from semseg.data.pictures.image_files import read_image
from semseg.data.pictures.picture_reading import PictureReading
from semseg.prediction.segmenter import Segmenter

WORKERS = 2  # one picture is read or written while the engine computes another


class EngineAnswers:
    """Answers as an endpoint of the same model would.

    Args:
        segmenter: the model.
        reading: how its pictures are read.
    """

    workers = WORKERS

    def __init__(self, segmenter: Segmenter, reading: PictureReading) -> None:
        self._segmenter = segmenter
        self._reading = reading
        self._turn = Lock()

    def answer(self, source: Source, room: Room | None = None) -> Answer:
        """Returns a picture with its mask; the probabilities are written into the room that is given for them."""
        image = source if isinstance(source, np.ndarray) else read_image(source, reading=self._reading)
        if room is None:
            return Answer(image, self._mask(image))
        height, width, _ = image.shape
        probabilities = room((self._segmenter.network.num_classes, height, width))
        with self._turn:
            self._segmenter.probabilities(image, probabilities)
        return Answer(image, most_probable(probabilities))

    @property
    def test_time_augmentation(self) -> str:
        """By which pictures are answered."""
        return self._segmenter.test_time_augmentation

    def sure_mask(self, source: Source, image: np.ndarray) -> SureMask:
        """Returns the mask of a picture that was read already, with its confidence."""
        with self._turn:
            return SureMask(*self._segmenter.sure_mask(image))

    def _mask(self, image: np.ndarray) -> np.ndarray:
        with self._turn:
            return self._segmenter.mask(image)
