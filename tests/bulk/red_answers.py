"""Answers without a model: class 1 where a picture is red."""

from __future__ import annotations

import numpy as np

from semseg.bulk.answers import Answer, Room, Source, SureMask, most_probable
from semseg.data.pictures.image_files import read_image
from semseg.errors import RequestError


class RedAnswers:
    """Tells red pixels, class 1, from others, class 0; refuses what is black."""

    workers = 2
    test_time_augmentation = "flip"

    def answer(self, source: Source, room: Room | None = None) -> Answer:
        image = source if isinstance(source, np.ndarray) else read_image(source)
        if room is None:
            return Answer(image, self._mask(image))
        probabilities = room((2, *image.shape[:2]))  # type: ignore[arg-type]  # numpy's shapes have any length
        probabilities[1] = self._mask(image)
        probabilities[0] = 1 - probabilities[1]
        return Answer(image, most_probable(probabilities))

    def sure_mask(self, source: Source, image: np.ndarray) -> SureMask:
        return SureMask(self._mask(image), np.full(image.shape[:2], 0.75, np.float32))

    def _mask(self, image: np.ndarray) -> np.ndarray:
        if not image.any():
            raise RequestError(400, "a picture must have some light")
        return (image[:, :, 0] > 128).astype(np.uint8)
