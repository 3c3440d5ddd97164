"""Counts of right and wrong classes, and the scores made from them. Counts of many batches can be added, scores
cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from semseg.contract.png_mask import IGNORE


@dataclass(frozen=True)
class Confusion:
    """One class that was taken for another.

    Attributes:
        truth: the true class.
        predicted: the class that was predicted for these pixels.
        pixels: how many.
        share: of the pixels of the true class, 0 to 1.
    """

    truth: int
    predicted: int
    pixels: int
    share: float


class ConfusionMatrix:
    """Counts how often each true class was predicted as each class. Its memory does not grow with the pixels counted.

    Attributes:
        counts: (C, C) int64; row = true class, column = predicted class.
    """

    def __init__(self, num_classes: int) -> None:
        self.counts = np.zeros((num_classes, num_classes), dtype=np.int64)

    @classmethod
    def of_counts(cls, counts: np.ndarray) -> ConfusionMatrix:
        """Returns a matrix that begins with these counts, (C, C) whole numbers."""
        matrix = cls(len(counts))
        matrix.counts = np.array(counts, dtype=np.int64)
        return matrix

    def add(self, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Counts pixels, without those whose true class is 255.

        Args:
            truth: uint8, any shape, class ids and 255 = ignore.
            predicted: uint8, same shape, class ids.
        """
        labelled = truth != IGNORE
        num_classes = len(self.counts)
        pairs = truth[labelled].astype(np.int64) * num_classes + predicted[labelled]
        self.counts += np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)

    def add_up(self, total: Callable[[np.ndarray], np.ndarray]) -> None:
        """Takes the counts of all processes that share the pixels; ``total`` gives the sum of an array over them."""
        self.counts = total(self.counts)

    def labelled(self) -> np.ndarray:
        """Returns how many labelled pixels have each true class, (C,) int64."""
        return self.counts.sum(axis=1)

    def pixel_accuracy(self) -> float:
        """Returns the share of the labelled pixels that got their true class, 0 to 1; 0 if there are none."""
        return float(np.trace(self.counts) / max(self.counts.sum(), 1))

    def iou(self) -> np.ndarray:
        """Returns the intersection over union of each class, (C,) float64; nan for a class in neither truth nor
        prediction.
        """
        hits = self._hits()
        return ratio(hits, self.counts.sum(axis=0) + self.labelled() - hits)

    def precision(self) -> np.ndarray:
        """Returns the share of the pixels predicted as each class that are of it, (C,) float64; nan for a class that
        is never predicted.
        """
        return ratio(self._hits(), self.counts.sum(axis=0))

    def recall(self) -> np.ndarray:
        """Returns the share of the pixels of each class that are predicted as it, (C,) float64; nan for a class without
        labelled pixels.
        """
        return ratio(self._hits(), self.labelled())

    def dice(self) -> np.ndarray:
        """Returns the Dice coefficient of each class, (C,) float64: twice the hits, divided by labelled and predicted
        pixels together; nan for a class in neither truth nor prediction. It is also called F1.
        """
        return ratio(2 * self._hits(), self.counts.sum(axis=0) + self.labelled())

    def mean_iou(self) -> float:
        """Returns the mean over the classes that occur in truth or prediction, 0 to 1; 0 if none does."""
        return mean_of_defined(self.iou())

    def mean_dice(self) -> float:
        """Returns the mean over the classes that occur in truth or prediction, 0 to 1; 0 if none does."""
        return mean_of_defined(self.dice())

    def mean_iou_over_all(self) -> float:
        """Returns the mean over all classes, in which one that never occurs counts as 0: the figure that GluonCV
        reports.
        """
        return float(np.nan_to_num(self.iou()).mean())

    def frequency_weighted_iou(self) -> float:
        """Returns the mean IoU in which each class counts as much as it has labelled pixels, 0 to 1; 0 if none has."""
        labelled = self.labelled()
        return float((np.nan_to_num(self.iou()) * labelled).sum() / max(labelled.sum(), 1))

    def largest_confusions(self, count: int = 3) -> list[Confusion]:
        """Returns the pairs of classes that most pixels were confused in, the largest first; fewer than ``count`` where
        there are fewer.
        """
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        labelled, size = self.labelled(), len(wrong)
        places = np.argsort(-wrong, axis=None, kind="stable")[:count]
        pairs = [(int(place) // size, int(place) % size) for place in places]
        return [
            Confusion(truth, predicted, int(wrong[truth, predicted]), float(wrong[truth, predicted] / labelled[truth]))
            for truth, predicted in pairs
            if wrong[truth, predicted]
        ]

    def _hits(self) -> np.ndarray:
        return np.diag(self.counts)


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Returns the parts of wholes, float64; nan where there is no whole."""
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)


def mean_of_defined(scores: np.ndarray) -> float:
    """Returns the mean of the scores that are not nan; 0 if all are."""
    return float(np.nanmean(scores)) if np.isfinite(scores).any() else 0.0
