"""All that is counted of whole pictures: classes, contours, confidences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from semseg.results.boundary_iou import BoundaryCounts
from semseg.results.calibration import CalibrationCounts
from semseg.results.confusion_matrix import ConfusionMatrix


class ScoreCounts:
    """Counts whole pictures, one by one. Counts of several processes can be added.

    Args:
        num_classes: of the model.

    Attributes:
        matrix: of all pixels.
        boundary: of those near contours.
        calibration: of those whose confidence is known.
        pictures: how many were counted.
    """

    def __init__(self, num_classes: int) -> None:
        self.matrix = ConfusionMatrix(num_classes)
        self.boundary = BoundaryCounts(num_classes)
        self.calibration = CalibrationCounts()
        self.pictures = 0

    def add(self, truth: np.ndarray, predicted: np.ndarray, confidence: np.ndarray | None) -> np.ndarray:
        """Counts one whole picture, and returns the counts of its own confusion matrix, (C, C) int64.

        Args:
            truth: (H, W) uint8, class ids and 255 = ignore.
            predicted: (H, W) uint8, class ids.
            confidence: (H, W) float32, the probability of the predicted class; None where it is not known.
        """
        alone = ConfusionMatrix(len(self.matrix.counts))
        alone.add(truth, predicted)
        self.matrix.counts += alone.counts
        self.boundary.add(truth, predicted)
        if confidence is not None:
            self.calibration.add(truth, predicted, confidence)
        self.pictures += 1
        return alone.counts

    def add_up(self, total: Callable[[np.ndarray], np.ndarray]) -> None:
        """Takes the counts of all processes that share the pictures.

        Args:
            total: gives the sum of an array over all of them.
        """
        for part in (self.matrix, self.boundary, self.calibration):
            part.counts = total(part.counts)
        self.pictures = int(total(np.array([self.pictures]))[0])
