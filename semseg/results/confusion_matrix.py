"""Counts of right and wrong classes, and the scores made from them. Counts of many batches can be added, scores
cannot.
"""

from __future__ import annotations

import numpy as np

from semseg.contract.png_mask import IGNORE


class ConfusionMatrix:
    """Counts how often each true class was predicted as each class. Its memory does not grow with the pixels counted.

    Attributes:
        counts: (C, C) int64; row = true class, column = predicted class.
    """

    def __init__(self, num_classes: int) -> None:
        self.counts = np.zeros((num_classes, num_classes), dtype=np.int64)

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

    def pixel_accuracy(self) -> float:
        """Returns the share of the labelled pixels that got their true class, 0 to 1; 0 if there are none."""
        return float(np.trace(self.counts) / max(self.counts.sum(), 1))

    def iou(self) -> np.ndarray:
        """Returns the intersection over union of each class, (C,) float64; nan for a class in neither truth nor
        prediction.
        """
        hits = np.diag(self.counts)
        union = self.counts.sum(axis=0) + self.counts.sum(axis=1) - hits
        return np.where(union > 0, hits / np.maximum(union, 1), np.nan)

    def mean_iou(self) -> float:
        """Returns the mean over the classes that occur in truth or prediction, 0 to 1; 0 if none does."""
        iou = self.iou()
        return float(np.nanmean(iou)) if np.isfinite(iou).any() else 0.0

    def mean_iou_over_all(self) -> float:
        """Returns the mean over all classes, in which one that never occurs counts as 0: the figure that GluonCV
        reports.
        """
        return float(np.nan_to_num(self.iou()).mean())
