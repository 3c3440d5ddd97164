"""predict: masks of pictures, folders and videos, by an archive, a job's model, or an endpoint."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from semseg.contract.resource_config import LOCAL
from semseg.given_model import AnyModel
from semseg.session import AnySession

__all__ = ["LeftOut", "Predicted", "predict"]

Pictures = Union[str, "os.PathLike[str]", bytes, Sequence[Union[str, "os.PathLike[str]"]]]


@dataclass(frozen=True)
class LeftOut:
    """A picture that has no mask, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Predicted:
    """What was written.

    Attributes:
        path: the folder of the files.
        pictures: how many pictures, and frames of videos, have a mask.
        left_out: the pictures that have none.
    """

    path: Path
    pictures: int
    left_out: tuple[LeftOut, ...] = ()


def predict(
    model: AnyModel,
    pictures: Pictures,
    path: str | os.PathLike[str],
    overlay: bool = False,
    probabilities: bool = False,
    opacity: float = 0.5,
    every: int = 1,
    engine: str | None = None,
    precision: str | None = None,
    instance_type: str = LOCAL,
    sagemaker_session: AnySession | None = None,
    progress: bool = True,
) -> Predicted:
    """Writes the mask of each picture, of each picture in a folder, or of each frame of a video.

    A picture that cannot be read is told and left out, and the others go on.

    Args:
        model: as of :func:`semseg.evaluate`.
        pictures: a picture, a folder, whose pictures at any depth are taken, or a video (.mp4, .mov, .avi, .mkv,
            .webm, .m4v); several of them; or the bytes of one picture file.
        path: the folder that gets ``masks/<name>.png``: one 8-bit grey channel whose values are the class ids, with the
            names of the pictures below the folder that was given.
        overlay: whether it gets ``overlays/<name>.jpg``, and ``overlays/<name>.mp4`` of a video, too: the colours of
            the classes laid over the picture.
        probabilities: whether it gets ``probabilities/<name>.npy`` too: (C, H, W) float32.
        opacity: of the colours of the overlay, 0 to 1.
        every: take every so many frames of a video.
        engine, precision, instance_type, sagemaker_session: as of :func:`semseg.evaluate`.
        progress: whether a bar counts the pictures.

    Raises:
        UserError: there is no such model or picture, or an argument breaks its rule.
        ModelError: the archive cannot be used.
        PlatformError: an engine or OpenCV is missing, or the process that predicts failed.
    """
    raise NotImplementedError
