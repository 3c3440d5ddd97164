"""``per_picture.csv``: a row of scores for each picture, written and read picture by picture."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from semseg.plumbing.whole_file import beside
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.score_rows import cell, iou_columns, ious, number, read_rows, whole_number

PER_PICTURE = "per_picture.csv"
_COLUMNS = ("picture", "labelled_pixels", "wrong_pixels", "pixel_accuracy", "mIOU")


@dataclass(frozen=True)
class PictureScore:
    """The scores of one picture, 0 to 1; None where it has no labelled pixel.

    Attributes:
        name: of the picture's file.
        labelled_pixels: how many pixels have a true class.
        wrong_pixels: how many of these are predicted as another class.
        pixel_accuracy: the share of the labelled pixels that are right.
        mean_iou: of the classes that occur in the picture's truth or prediction.
        class_iou: of each class; None for a class in neither truth nor prediction.
    """

    name: str
    labelled_pixels: int
    wrong_pixels: int
    pixel_accuracy: float | None
    mean_iou: float | None
    class_iou: tuple[float | None, ...]

    @classmethod
    def of_masks(cls, name: str, truth: np.ndarray, predicted: np.ndarray, num_classes: int) -> PictureScore:
        """Returns the scores of one picture.

        Args:
            name: of its file.
            truth: (H, W) uint8, class ids and 255 = ignore.
            predicted: (H, W) uint8, class ids.
            num_classes: of the model.
        """
        matrix = ConfusionMatrix(num_classes)
        matrix.add(truth, predicted)
        return cls.of_counts(name, matrix.counts)

    @classmethod
    def of_counts(cls, name: str, counts: np.ndarray) -> PictureScore:
        """Returns the scores that the counts of a :class:`ConfusionMatrix` of one picture make, (C, C) int64."""
        matrix = ConfusionMatrix.of_counts(counts)
        labelled = int(counts.sum())
        wrong = labelled - int(np.trace(counts))
        of_classes = tuple(None if np.isnan(iou) else float(iou) for iou in matrix.iou())
        if not labelled:
            return cls(name, 0, 0, None, None, of_classes)
        return cls(name, labelled, wrong, matrix.pixel_accuracy(), matrix.mean_iou(), of_classes)

    @property
    def wrong_share(self) -> float:
        """The share of the labelled pixels that are wrong, 0 to 1; 0 where none is labelled."""
        return self.wrong_pixels / max(self.labelled_pixels, 1)


class PictureScoresFile:
    """Writes rows as they come, in constant memory. Used in a ``with`` block, at whose end the file appears, whole; if
    the block raises, there is none.

    Args:
        path: of the file.
        class_names: of those classes that have one.
        num_classes: how many columns with an IoU there are.
    """

    def __init__(self, path: Path, class_names: Mapping[int, str], num_classes: int) -> None:
        self._path = path
        self._columns = [*_COLUMNS, *iou_columns(class_names, num_classes)]
        self._stack = ExitStack()
        self._writer: Any = None  # the type of csv.writer's answer has no public name

    def __enter__(self) -> PictureScoresFile:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opening:
            part = opening.enter_context(beside(self._path))
            file = opening.enter_context(part.open("w", encoding="utf-8", errors="surrogateescape", newline=""))
            self._writer = csv.writer(file, lineterminator="\n")
            self._writer.writerow(self._columns)
            self._stack = opening.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def add(self, score: PictureScore) -> None:
        """Writes one row."""
        counts = [str(score.labelled_pixels), str(score.wrong_pixels)]
        ratios = [score.pixel_accuracy, score.mean_iou, *score.class_iou]
        self._writer.writerow([score.name, *counts, *(cell(ratio) for ratio in ratios)])


def read_picture_scores(path: Path) -> Iterator[PictureScore]:
    """Yields the rows of a ``per_picture.csv``.

    Raises:
        FileNotFoundError: there is no such file.
        PlatformError: it is damaged.
    """
    for row in read_rows(path, _COLUMNS):
        labelled, wrong = (whole_number(path, row[column]) for column in _COLUMNS[1:3])
        accuracy, mean_iou = (number(path, row[column]) for column in _COLUMNS[3:])
        yield PictureScore(row["picture"], labelled, wrong, accuracy, mean_iou, ious(path, row))
