"""Counts first, ratios last: counts of many batches add up, ratios do not."""

from __future__ import annotations

import numpy as np

from semseg.contract.png_mask import IGNORE


class ConfusionMatrix:
    """How often each class was taken for each class; memory does not grow with the pixels counted.

    Attributes:
        counts: (C, C) int64; row = true class, column = predicted class.
    """

    def __init__(self, num_classes: int) -> None:
        self.counts = np.zeros((num_classes, num_classes), dtype=np.int64)

    def add(self, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Count pixels, leaving out those whose truth is 255.

        Args:
            truth: uint8, any shape, class ids and 255 = ignore.
            predicted: uint8, same shape, class ids.
        """
        labelled = truth != IGNORE
        num_classes = len(self.counts)
        pairs = truth[labelled].astype(np.int64) * num_classes + predicted[labelled]
        self.counts += np.bincount(pairs, minlength=num_classes**2).reshape(num_classes, num_classes)

    def pixel_accuracy(self) -> float:
        """Share of the labelled pixels that got their class, 0 to 1; 0 when there are none."""
        return float(np.trace(self.counts) / max(self.counts.sum(), 1))

    def iou(self) -> np.ndarray:
        """(C,) float64: intersection over union of each class; nan for a class in neither truth nor prediction."""
        hits = np.diag(self.counts)
        union = self.counts.sum(axis=0) + self.counts.sum(axis=1) - hits
        return np.where(union > 0, hits / np.maximum(union, 1), np.nan)

    def mean_iou(self) -> float:
        """Mean over the classes that occur in truth or prediction, 0 to 1; 0 when none does."""
        iou = self.iou()
        return float(np.nanmean(iou)) if np.isfinite(iou).any() else 0.0

    def mean_iou_over_all(self) -> float:
        """Mean over all classes, one that never occurs counting as 0: the figure that GluonCV reports."""
        return float(np.nan_to_num(self.iou()).mean())
