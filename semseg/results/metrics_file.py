"""``metrics.csv``: a row for each epoch of a training job, written when the epoch is over."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from semseg.plumbing.whole_file import beside
from semseg.results.epoch_scores import EpochScores
from semseg.results.score_rows import cell, iou_columns, ious, number, read_rows, whole_number

METRICS = "metrics.csv"
_COLUMNS = ("epoch", "loss", "learning_rate", "pixel_accuracy", "mIOU", "pictures_per_second", "seconds", "best")


class MetricsFile:
    """Writes a row for each epoch. The file is whole at every moment; its rows are in the order of their epochs.

    Args:
        path: of the file; rows that an earlier process of the same job wrote stay.
        class_names: of those classes that have one.
        num_classes: how many columns with an IoU there are.

    Raises:
        PlatformError: the file that is there already is no such file.
    """

    def __init__(self, path: Path, class_names: Mapping[int, str], num_classes: int) -> None:
        self._path = path
        self._columns = [*_COLUMNS, *iou_columns(class_names, num_classes)]
        self._num_classes = num_classes
        self._epochs = read_epochs(path)

    @property
    def epochs(self) -> list[EpochScores]:
        """The rows, in the order of their epochs."""
        return list(self._epochs)

    def add(self, scores: EpochScores) -> None:
        """Writes the row of an epoch, in place of any that is there for it or for a later one."""
        self._epochs = [*_until(self._epochs, scores.epoch - 1), scores]
        self._write()

    def forget_after(self, epoch: int) -> None:
        """Removes the rows of later epochs, which a job that goes on after ``epoch`` epochs trains again."""
        kept = _until(self._epochs, epoch)
        if len(kept) < len(self._epochs):
            self._epochs = kept
            self._write()

    def _write(self) -> None:
        """Writes all rows: they are few, and so the file never ends within one. After a loss of power the log still
        tells what they said, and so no epoch waits for the disk.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with beside(self._path, forced=False) as part, part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self._columns)
            writer.writerows(self._cells(scores) for scores in self._epochs)

    def _cells(self, scores: EpochScores) -> list[str]:
        shared = (scores.loss, scores.learning_rate, scores.pixel_accuracy, scores.mean_iou)
        pace = (scores.pictures_per_second, scores.seconds)
        of_classes = (*scores.class_iou, *[None] * self._num_classes)[: self._num_classes]
        values = [*shared, *pace, int(scores.is_best), *of_classes]
        return [str(scores.epoch), *(cell(value) for value in values)]


def read_epochs(path: Path) -> list[EpochScores]:
    """Returns the rows of a ``metrics.csv``, none where there is no such file.

    Raises:
        PlatformError: the file is damaged.
    """
    if not path.is_file():
        return []
    return [_epoch(path, row) for row in read_rows(path, _COLUMNS)]


def _epoch(path: Path, row: Mapping[str, str]) -> EpochScores:
    loss, rate, accuracy, mean_iou, pace, seconds = (number(path, row[column]) for column in _COLUMNS[1:-1])
    epoch, is_best = whole_number(path, row["epoch"]), row["best"] == "1"
    return EpochScores(epoch, loss, rate, accuracy, mean_iou, ious(path, row), pace, seconds, is_best)


def _until(epochs: list[EpochScores], last: int) -> list[EpochScores]:
    return [scores for scores in epochs if scores.epoch <= last]
