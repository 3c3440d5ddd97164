"""predict: masks of pictures, folders and videos, by an archive, a job's model, or an endpoint."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Union

from semseg.contract.echoed import echoed
from semseg.contract.prediction_request import Given, LeftOut, PredictionAnswer, PredictionRequest, Wanted
from semseg.contract.resource_config import LOCAL
from semseg.errors import UserError
from semseg.given_model import AnyModel, FoundModel, find_model
from semseg.local.files.locations import check_folder, local_path
from semseg.model_evaluation import model_to_open, this_machine
from semseg.plumbing.counted import counted
from semseg.plumbing.disk_space import full_disk_told
from semseg.plumbing.teller import SILENT, Bar
from semseg.session import AnySession, session_or_new

__all__ = ["LeftOut", "Predicted", "predict"]

Place = Union[str, "os.PathLike[str]"]
Pictures = Union[Place, bytes, Sequence[Place]]
BYTES_NAME = "picture"  # of the files that are written of the bytes of a picture


@dataclass(frozen=True)
class Predicted:
    """What was written.

    Attributes:
        path: the folder of the files.
        pictures: how many pictures, and frames of videos, have a mask.
        left_out: the pictures that have none, each with its ``name`` and the ``reason``.
    """

    path: Path
    pictures: int
    left_out: tuple[LeftOut, ...] = ()

    def __str__(self) -> str:
        masks = f"{counted(self.pictures, 'mask')} in {self.path / 'masks'}"
        return "\n".join([masks, *(f"skipped {each.name}: {each.reason}" for each in self.left_out)])


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
    test_time_augmentation: str | None = None,
) -> Predicted:
    """Writes the mask of each picture, of each picture in a folder, or of each frame of a video.

    A picture that cannot be read is told and left out, and the others go on.

    Args:
        model: as of :func:`semseg.evaluate`.
        pictures: a picture, a folder, whose pictures at any depth are taken, or a video (.mp4, .mov, .avi, .mkv,
            .webm, .m4v); several of them; or the bytes of one picture file.
        path: the folder that gets ``masks/<name>.png``: one 8-bit grey channel whose values are the class ids, with the
            names of the pictures below the folder that was given.
            The masks of a video are those of its frames: ``masks/<name>/000001.png`` and so on.
        overlay: whether it gets ``overlays/<name>.jpg`` too, of a video ``overlays/<name>.webm``: the colours of the
            classes laid over the picture.
        probabilities: whether it gets ``probabilities/<name>.npy`` too: (C, H, W) float32.
        opacity: of the colours of the overlay, 0 to 1.
        every: take every so many frames of a video.
        engine, precision, instance_type, sagemaker_session: as of :func:`semseg.evaluate`.
        progress: whether a bar counts the pictures.
        test_time_augmentation: as of :func:`semseg.evaluate`.

    Raises:
        UserError: there is no such model or picture, or an argument breaks its rule.
        ModelError: the archive cannot be used.
        PlatformError: an engine or OpenCV is missing, or the process that predicts failed.
    """
    wanted = Wanted(
        str(local_path("path", path)), overlay, probabilities, _checked_opacity(opacity), _checked_every(every)
    )
    session: AnySession = session_or_new(sagemaker_session)
    local = this_machine(session)
    with (
        _given(pictures, Path(wanted.folder)) as given,
        closing((session.teller if progress else SILENT).bar("picture")) as bar,
    ):
        found = find_model(model, session)
        to_open = model_to_open(found, session, engine, precision, instance_type, test_time_augmentation)
        request = PredictionRequest(given, wanted)
        if to_open is not None:
            answer = local.predict_pictures(to_open, request, bar)
        else:
            answer = _of_endpoint(found, request, bar)
    left_out = answer.left_out
    if isinstance(pictures, bytes):
        left_out = tuple(LeftOut(BYTES_NAME, each.reason) for each in left_out)
    return Predicted(Path(wanted.folder), answer.pictures, left_out)


def _checked_opacity(opacity: float) -> float:
    if isinstance(opacity, bool) or not isinstance(opacity, (int, float)) or not 0 <= opacity <= 1:
        raise UserError(f"opacity must be a number from 0 to 1, got {echoed(opacity)}")
    return float(opacity)


def _checked_every(every: int) -> int:
    if type(every) is not int or every < 1:
        raise UserError(f"every must be a whole number of at least 1, got {echoed(every)}")
    return every


@contextmanager
def _given(pictures: Pictures, target: Path) -> Iterator[list[Given]]:
    """Yields the pictures that are given; the bytes of one lie in a file meanwhile.

    Args:
        target: the folder that gets the files.
    """
    from semseg.bulk.pictures import given_at  # not at the top: `import semseg` is to be fast

    if isinstance(pictures, bytes):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, BYTES_NAME)
            file.write_bytes(pictures)
            yield given_at([file], target)
        return
    places = [pictures] if isinstance(pictures, (str, os.PathLike)) else list(pictures)
    yield given_at([local_path("pictures", place) for place in places], target)


def _of_endpoint(found: FoundModel, request: PredictionRequest, bar: Bar) -> PredictionAnswer:
    from semseg.bulk.mask_files import MaskFiles  # not at the top: they read pictures
    from semseg.bulk.prediction import Prediction
    from semseg.endpoint_answers import EndpointAnswers

    folder = Path(request.wanted.folder)
    check_folder("path", folder)
    with full_disk_told(folder):
        answers = EndpointAnswers(found.endpoint())
        return Prediction(answers, MaskFiles(request.wanted), bar.move).run(request.given)
