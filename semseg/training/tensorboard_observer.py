"""The observer that writes events for TensorBoard: curves, and a few validation pictures with their masks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.contract.png_mask import IGNORE
from semseg.drawing.overlays import side_by_side
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from semseg.training.evaluation import Scored
from semseg.training.event_file import EventFile, import_tensorboardx
from semseg.training.full_scoring import Gain
from semseg.training.observer import Observer, Pace

PICTURES = 3
LONG_SIDE = 320  # pixels of each of the three parts of a picture
OPACITY = 0.5  # of a class's colour over the picture
SECONDS_BETWEEN = 10.0  # from the pictures of one epoch to the next ones: they take 0.1 s


class TensorBoardObserver(Observer):
    """Writes events as they happen. The step of each is the number of batches that were trained on.

    Args:
        folder: gets a file of events for each run of the job.
        class_names: of those classes that have one.
        colours: of mask values, (256, 3) uint8 RGB.
        iterations_per_epoch: batches that an epoch has.
        warn: is told why no more is written.
        clock: in seconds.

    Raises:
        PlatformError: the package tensorboardX is not installed.
    """

    def __init__(
        self,
        folder: Path,
        class_names: Mapping[int, str],
        colours: np.ndarray,
        iterations_per_epoch: int,
        warn: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import_tensorboardx()
        self._folder = folder
        self._warn = warn
        self._clock = clock
        self._last_drawn: float | None = None
        self._names = class_names
        self._colours = colours
        self._iterations = iterations_per_epoch
        self._file: EventFile | None = None
        self._step = 0
        self._drawn = PICTURES  # of the present epoch

    def training_begins(self, epochs: int, steps: int, best: float | None) -> None:
        self._step = self._at(epochs, steps)
        self._file = EventFile(self._folder, self._step + 1, self._warn)

    def step_done(self, pace: Pace) -> None:
        self._step = self._at(pace.epoch, pace.batches)

    def steps_done(self, pace: Pace, learning_rate: float, loss: float) -> None:
        self._add("train/learning_rate", learning_rate)
        self._add("train/loss", loss)

    def epoch_trained(self, pace: Pace, loss: float, learning_rate: float) -> None:
        self._add("train/epoch_loss", loss)
        self._add("train/pictures_per_second", pace.samples_per_second)
        now = self._clock()
        is_due = self._last_drawn is None or now - self._last_drawn >= SECONDS_BETWEEN
        self._drawn = 0 if is_due else PICTURES
        self._last_drawn = now if is_due else self._last_drawn

    def samples_scored(self, epoch: int, scored: Scored) -> None:
        for masks in zip(scored.images, scored.truths, scored.predicted):
            if self._file is None or self._drawn == PICTURES:
                return
            self._drawn += 1
            picture = side_by_side(beside_its_masks(*masks, self._colours))
            self._file.add_picture(f"validation/picture_{self._drawn}", picture, self._step)

    def epoch_validated(self, pace: Pace, matrix: ConfusionMatrix) -> None:
        self._add_scores("validation", matrix)

    def best_scored(self, evaluation: Evaluation, gain: Gain | None) -> None:
        self._add_scores("best_model_on_whole_pictures", evaluation.matrix)
        for name, value in {
            "boundary_IoU": evaluation.mean_boundary_iou,
            "calibration_error": evaluation.calibration_error,
        }.items():
            if value is not None:
                self._add(f"best_model_on_whole_pictures/{name}", value)

    def ended(self) -> None:
        if self._file is not None:
            self._file.close()

    def _add_scores(self, group: str, matrix: ConfusionMatrix) -> None:
        self._add(f"{group}/mIOU", matrix.mean_iou())
        self._add(f"{group}/pixel_accuracy", matrix.pixel_accuracy())
        for number, iou in enumerate(matrix.iou()):
            if not np.isnan(iou):
                self._add(f"{group}_IoU/{number} {self._names.get(number, '')}".rstrip(), float(iou))

    def _add(self, name: str, value: float) -> None:
        if self._file is not None:
            self._file.add_scalar(name, value, self._step)

    def _at(self, epochs: int, batches: int) -> int:
        return epochs * self._iterations + batches


def beside_its_masks(
    image: np.ndarray, truth: np.ndarray, predicted: np.ndarray, colours: np.ndarray
) -> Sequence[np.ndarray]:
    """Returns a picture, and the picture under its true and under its predicted mask, made smaller, (h, w, 3) uint8.

    Args:
        image: (H, W, 3) uint8 RGB.
        truth: (H, W) uint8, class ids and 255 = ignore, which is left clear.
        predicted: (H, W) uint8, class ids.
        colours: of mask values, (256, 3) uint8 RGB.
    """
    height, width = truth.shape
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
    masks = [np.asarray(Image.fromarray(mask).resize(size, Image.Resampling.NEAREST)) for mask in (truth, predicted)]
    return small, *(_under(small, mask, colours) for mask in masks)


def _under(image: np.ndarray, mask: np.ndarray, colours: np.ndarray) -> np.ndarray:
    mixed = np.asarray(Image.blend(Image.fromarray(image), Image.fromarray(colours[mask]), OPACITY))
    return np.where((mask == IGNORE)[:, :, None], image, mixed)
