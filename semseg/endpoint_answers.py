"""The masks that an endpoint answers with, of this machine or of SageMaker."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np

from semseg.archive.class_names import read_class_names
from semseg.archive.model_artifact import read_description
from semseg.bulk.answers import Answer, Room, Source, SureMask, most_probable
from semseg.data.pictures.image_files import read_image
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.deserializers import BaseDeserializer, MaskDeserializer, ProbabilityDeserializer
from semseg.errors import ImageError
from semseg.predictions import RETRIES
from semseg.predictor import Predictor
from semseg.serializers import ImageSerializer
from semseg.session import local_side

PROBE = (32, 32, 3)  # of the small picture whose answer tells how many classes there are


class EndpointAnswers:
    """Sends each picture as it is; one that is busy is asked again.

    Args:
        predictor: of the endpoint; what it sends and how it reads answers does not count.

    Raises:
        UserError: there is no such endpoint.
        PlatformError: it has ended.
    """

    def __init__(self, predictor: Predictor) -> None:
        self._name = predictor.endpoint_name
        self._session = predictor.sagemaker_session
        self._component = predictor.component_name
        self._masks = self._predictor(MaskDeserializer())
        self._probabilities = self._predictor(ProbabilityDeserializer())
        self._stopping = threading.Event()
        self._workers = self._session.with_endpoint(self._name).requests_in_flight(self._name)
        self._reading = self._model_reading()

    @property
    def workers(self) -> int:
        """How many requests at a time make sense."""
        return self._workers

    @property
    def reading(self) -> PictureReading:
        """How the model reads pictures; as they are stored, where it is not known."""
        return self._reading

    def num_classes(self) -> int:
        """Returns how many classes the model has, from its answer to a small black picture."""
        return len(self._ask(self._probabilities, np.zeros(PROBE, np.uint8)))

    def class_names(self) -> dict[int, str]:
        """Returns the names of the model's classes; none where it has none, or where they are not known here."""
        local = local_side(self._session)
        if local is None or not local.has_endpoint(self._name):
            return {}
        return read_class_names(local.endpoints.folder(self._name).model)

    def answer(self, source: Source, room: Room | None = None) -> Answer:
        """Returns a picture with its mask; the probabilities are copied into the room that is given for them."""
        if room is None:
            mask = self._ask(self._masks, source)
        else:
            probabilities = self._ask(self._probabilities, source)
            room(probabilities.shape)[...] = probabilities
            mask = most_probable(probabilities)
        return Answer(self._image(source, mask), mask)

    @property
    def test_time_augmentation(self) -> str | None:
        """By which pictures are answered; None of an endpoint of SageMaker, which does not say so."""
        local = local_side(self._session)
        if local is None or not local.has_endpoint(self._name):
            return None
        return str(local.endpoints.describe(self._name)["TestTimeAugmentation"])

    def sure_mask(self, source: Source, image: np.ndarray) -> SureMask:
        """Returns the mask of a picture that was read already, without its confidence: probabilities would be many
        times as much to send.
        """
        mask: np.ndarray = self._ask(self._masks, source)
        if mask.shape != image.shape[:2]:
            raise _other_size(source, mask, image)
        return SureMask(mask, None)

    def _image(self, source: Source, mask: np.ndarray) -> np.ndarray:
        """Reads a picture; turned as its EXIF orientation says, where only so it has the size of the mask."""
        if isinstance(source, np.ndarray):
            return source
        image = read_image(source, reading=self._reading)
        if mask.shape != image.shape[:2]:
            image = read_image(source, reading=replace(self._reading, is_turned=not self._reading.is_turned))
        if mask.shape != image.shape[:2]:
            raise _other_size(source, mask, image)
        return image

    def _ask(self, predictor: Predictor, source: Source) -> Any:
        return RETRIES.ask(lambda: predictor.predict(source), self._stopping)

    def _predictor(self, deserializer: BaseDeserializer) -> Predictor:
        return Predictor(self._name, self._session, ImageSerializer(), deserializer, self._component)

    def _model_reading(self) -> PictureReading:
        local = local_side(self._session)
        if local is None or not local.has_endpoint(self._name):
            return AS_STORED
        description = read_description(local.endpoints.folder(self._name).model)
        return PictureReading.of(description.exif_orientation, description.sample_bits)


def _other_size(source: Source, mask: np.ndarray, image: np.ndarray) -> ImageError:
    sizes = [f"{shape[1]} x {shape[0]}" for shape in (image.shape, mask.shape)]
    name = "a picture" if isinstance(source, np.ndarray) else str(source)
    fault = f"has {sizes[0]} pixels, and the endpoint answers with a mask of {sizes[1]}"
    return ImageError.of(name, fault, "is its EXIF orientation another than the model's rule?", "other-size")
