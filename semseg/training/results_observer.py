"""The observer that writes an epoch's scores when it is over, as a row of a file and as curves."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from semseg.errors import PlatformError
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.curves import CURVES, draw_curves
from semseg.results.epoch_scores import EpochScores
from semseg.results.evaluation import EVALUATION
from semseg.results.matrix_picture import CONFUSION_MATRIX
from semseg.results.metrics_file import METRICS, MetricsFile
from semseg.results.picture_scores import PER_PICTURE
from semseg.results.report import REPORT
from semseg.results.shown_pictures import ShownPictures
from semseg.results.worst_picture import WORST
from semseg.training.observer import Observer, Pace

# What an earlier run of the job said of its best model, which may be another one now
OF_THE_BEST = (EVALUATION, PER_PICTURE, CONFUSION_MATRIX, WORST, REPORT)
SECONDS_BETWEEN = 3.0  # from one drawing to the next, which takes 0.05 s; the report at the job's end draws the last


class ResultsObserver(Observer):
    """Writes ``metrics.csv`` and ``curves.png`` after each epoch. A job that goes on adds to what it wrote before.

    Where epochs are shorter than 3 s, the curves are not drawn after each of them.

    Args:
        folder: of the files; it is made where it is not there.
        class_names: of those classes that have one.
        num_classes: of the job.
        scored_on: what the scores after each epoch are measured on.
        warn: is told why an earlier file was begun anew.
        clock: in seconds since 1970.

    Attributes:
        shown: the pictures of the best model that people are to look at; None before it is scored.
    """

    def __init__(
        self,
        folder: Path,
        class_names: Mapping[int, str],
        num_classes: int,
        scored_on: str,
        warn: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = folder
        self._warn = warn
        self._scored_on = scored_on
        self._clock = clock
        self._file = _opened(folder / METRICS, class_names, num_classes, warn)
        self._best: float | None = None
        self._last_drawn = 0.0
        self._now = EpochScores(1)
        self.shown: ShownPictures | None = None

    def training_begins(self, epochs: int, steps: int, best: float | None) -> None:
        self._file.forget_after(epochs)
        self._best = best
        for name in OF_THE_BEST:
            (self._folder / name).unlink(missing_ok=True)

    def epoch_trained(self, pace: Pace, loss: float, learning_rate: float) -> None:
        self._now = EpochScores(pace.epoch + 1, loss, learning_rate, pictures_per_second=pace.samples_per_second)

    def epoch_validated(self, pace: Pace, matrix: ConfusionMatrix) -> None:
        score = matrix.mean_iou()
        self._now = replace(
            self._now,
            pixel_accuracy=matrix.pixel_accuracy(),
            mean_iou=score,
            class_iou=tuple(None if np.isnan(iou) else float(iou) for iou in matrix.iou()),
            is_best=self._best is None or score > self._best,
        )
        self._best = score if self._best is None else max(score, self._best)

    def epoch_completed(self, epoch: int, epochs: int, started: float) -> None:
        self._file.add(replace(self._now, seconds=self._clock() - started))
        if self._clock() - self._last_drawn >= SECONDS_BETWEEN:
            self._last_drawn = self._clock()
            self._draw()

    def _draw(self) -> None:
        try:
            draw_curves(self._folder / CURVES, self._file.epochs, self._scored_on)
        except Exception as error:  # whatever it is: a job of hours does not end for want of a drawing
            self._warn(f"{CURVES} is not drawn: {type(error).__name__}: {error}")

    def pictures_kept(self, shown: ShownPictures) -> None:
        self.shown = shown


def _opened(path: Path, class_names: Mapping[int, str], num_classes: int, warn: Callable[[str], None]) -> MetricsFile:
    """Returns the file, begun anew where an earlier one cannot be read."""
    try:
        return MetricsFile(path, class_names, num_classes)
    except PlatformError as error:
        warn(f"{METRICS} is begun anew: {error}")
        path.unlink()
        return MetricsFile(path, class_names, num_classes)
