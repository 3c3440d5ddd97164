"""A picture and an endpoint's answer to it, as the endpoint's page shows them."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.archive.class_names import read_class_names
from semseg.archive.model_artifact import read_description
from semseg.contract import png_mask
from semseg.data.pictures.image_files import decode_image
from semseg.data.pictures.picture_reading import PictureReading
from semseg.deserializers import MaskDeserializer, ProbabilityDeserializer
from semseg.drawing.class_colours import class_colours, hex_colour
from semseg.predictor import Predictor

LONG_SIDE = 1280  # pixels of what is shown; the answer itself has the size of the picture
MOST_PROBABILITY_BYTES = 2**28  # of one answer; of a larger picture the mask alone is asked for
BYTES_OF_A_PROBABILITY = 4
CERTAIN = 100  # percent
JPEG_QUALITY = 88


@dataclass(frozen=True)
class ServedModel:
    """What a page must know of the model behind an endpoint.

    Attributes:
        names: of classes, by their ids; not all need one.
    """

    num_classes: int
    names: dict[int, str]
    reading: PictureReading

    @classmethod
    def at(cls, folder: Path) -> ServedModel:
        """Reads it from the folder of an unpacked model.

        Raises:
            ModelError: the folder holds no model.
        """
        description = read_description(folder)
        reading = PictureReading.of(description.exif_orientation, description.sample_bits)
        return cls(description.num_classes, read_class_names(folder), reading)

    def name_of(self, class_id: int) -> str:
        """Returns the name of a class; "class 3" where it has none."""
        return self.names.get(class_id, f"class {class_id}")


@dataclass(frozen=True)
class ClassShare:
    """How much of a picture a class takes.

    Attributes:
        colour: as in "#0072b2".
        share: of the pixels, above 0 to 1.
    """

    class_id: int
    name: str
    colour: str
    share: float


@dataclass(frozen=True)
class AnsweredPicture:
    """A picture and what an endpoint answered.

    Attributes:
        name: of its file.
        width, height: in pixels, of the picture and of its mask.
        shown: a JPEG file of the picture, its long side at most LONG_SIDE.
        classes: a PNG file of the same size; red is the class, green its probability in percent, blue says whether
            there is one: 1, or 0 where the mask alone was asked for.
        mask: a PNG file of the whole mask, as the endpoint answers it.
        shares: of the classes that occur, the largest first.
        seconds: from the request to its answer.
    """

    name: str
    width: int
    height: int
    shown: bytes
    shown_width: int
    shown_height: int
    classes: bytes
    mask: bytes
    shares: tuple[ClassShare, ...]
    has_probabilities: bool
    seconds: float

    @property
    def bytes(self) -> int:
        """Returns how much memory its three files take."""
        return len(self.shown) + len(self.classes) + len(self.mask)


def answered(predictor: Predictor, model: ServedModel, name: str, data: bytes) -> AnsweredPicture:
    """Asks an endpoint about a picture.

    Probabilities are asked for, which the mask follows from; where they would take too much memory, the mask is.

    Args:
        predictor: of the endpoint, for this one call: its deserializer is set.
        name: of the picture's file.
        data: the bytes of that file.

    Raises:
        ImageError: it is no picture.
        RequestError, PlatformError, UserError: the endpoint refused it, has ended, or is not there.
    """
    image = decode_image(data, reading=model.reading)
    height, width = image.shape[:2]
    wants_all = model.num_classes * height * width * BYTES_OF_A_PROBABILITY <= MOST_PROBABILITY_BYTES
    predictor.deserializer = ProbabilityDeserializer() if wants_all else MaskDeserializer()
    began = time.perf_counter()
    answer = predictor.predict(data)
    seconds = time.perf_counter() - began
    mask = answer.argmax(axis=0).astype(np.uint8) if wants_all else answer
    size = shown_size(width, height)
    return AnsweredPicture(
        name=name,
        width=width,
        height=height,
        shown=_jpeg(image, size),
        shown_width=size[0],
        shown_height=size[1],
        classes=classes_png(mask, answer.max(axis=0) if wants_all else None, size),
        mask=png_mask.encode(mask),
        shares=class_shares(mask, model),
        has_probabilities=wants_all,
        seconds=seconds,
    )


def shown_size(width: int, height: int) -> tuple[int, int]:
    """Returns the width and height at which a picture is shown: its own, or the longer side LONG_SIDE."""
    scale = min(1.0, LONG_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def class_shares(mask: np.ndarray, model: ServedModel) -> tuple[ClassShare, ...]:
    """Returns the classes that occur in a mask, (H, W) uint8, the largest first, and those of one size by their ids."""
    pixels = np.bincount(mask.reshape(-1), minlength=model.num_classes)
    found = sorted(np.flatnonzero(pixels).tolist(), key=lambda class_id: (-pixels[class_id], class_id))
    return tuple(_share(class_id, int(pixels[class_id]) / mask.size, model) for class_id in found)


def classes_png(mask: np.ndarray, probability: np.ndarray | None, size: tuple[int, int]) -> bytes:
    """Returns the PNG file that says what is under the pointer; see AnsweredPicture.classes.

    Args:
        mask: (H, W) uint8.
        probability: (H, W) float32, 0 to 1, of the mask's class; None where it is not known.
        size: width and height of what is shown.
    """
    planes = np.zeros((*mask.shape, 3), np.uint8)
    planes[:, :, 0] = mask
    if probability is not None:
        planes[:, :, 1] = np.rint(probability * CERTAIN)
        planes[:, :, 2] = 1
    file = io.BytesIO()
    Image.fromarray(planes).resize(size, Image.Resampling.NEAREST).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _share(class_id: int, share: float, model: ServedModel) -> ClassShare:
    return ClassShare(class_id, model.name_of(class_id), hex_colour(class_colours()[class_id]), share)


def _jpeg(image: np.ndarray, size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).resize(size, Image.Resampling.LANCZOS).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()
