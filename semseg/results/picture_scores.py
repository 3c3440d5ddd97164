"""``per_picture.csv``: a row of scores for each picture, written and read picture by picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

PER_PICTURE = "per_picture.csv"


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
        raise NotImplementedError

    @classmethod
    def of_counts(cls, name: str, counts: np.ndarray) -> PictureScore:
        """Returns the scores that the counts of a :class:`ConfusionMatrix` of one picture make, (C, C) int64."""
        raise NotImplementedError


class PictureScoresFile:
    """Writes rows as they come, in constant memory. Used in a ``with`` block, at whose end the file appears, whole; if
    the block raises, there is none.

    Args:
        path: of the file.
        class_names: of those classes that have one.
        num_classes: how many columns with an IoU there are.
    """

    def __init__(self, path: Path, class_names: Mapping[int, str], num_classes: int) -> None:
        raise NotImplementedError

    def __enter__(self) -> PictureScoresFile:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def add(self, score: PictureScore) -> None:
        """Writes one row."""
        raise NotImplementedError


def read_picture_scores(path: Path) -> Iterator[PictureScore]:
    """Yields the rows of a ``per_picture.csv``.

    Raises:
        FileNotFoundError: there is no such file.
        PlatformError: it is damaged.
    """
    raise NotImplementedError
