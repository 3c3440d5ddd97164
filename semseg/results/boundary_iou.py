"""Counts of pixels near the contours of classes, and the boundary IoU made from them.

Source: B. Cheng, R. Girshick, P. Dollár, A. C. Berg, A. Kirillov, "Boundary IoU: Improving Object-Centric Image
Segmentation Evaluation", CVPR 2021, and the authors' code: the pixels of a class that are at most d pixels away from a
pixel of another class, or from what lies outside the picture, in a row, a column or both, where d is 2 % of the
picture's diagonal. The boundary IoU is the IoU of these pixels of the truth and of the prediction.

Their pictures have no ignored pixels. Here these count nowhere: they are no contour, neither of the truth nor of the
prediction.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.results.confusion_matrix import mean_of_defined, ratio

SHARE_OF_DIAGONAL = 0.02


class BoundaryCounts:
    """Counts, for each class, the pixels near its contours. Its memory does not grow with the pixels counted.

    Attributes:
        counts: (3, C) int64: the pixels near a contour of the truth and of the prediction that both have the class in,
            those of the truth, those of the prediction.
    """

    def __init__(self, num_classes: int) -> None:
        self.counts = np.zeros((3, num_classes), np.int64)

    @classmethod
    def of_content(cls, content: Mapping[str, Any], num_classes: int) -> BoundaryCounts:
        """Returns the counts that :meth:`content` was made from.

        Raises:
            KeyError, OverflowError, TypeError, ValueError: it is no such content.
        """
        found = cls(num_classes)
        rows = [content["hits"], content["labelled_pixels"], content["predicted_pixels"]]
        found.counts = np.array(rows, np.int64).reshape(3, num_classes)
        return found

    def content(self) -> dict[str, Any]:
        """Returns the counts as ``evaluation.json`` holds them: pixels near contours, for each class."""
        names = ("hits", "labelled_pixels", "predicted_pixels")
        return {"share_of_diagonal": SHARE_OF_DIAGONAL, **dict(zip(names, self.counts.tolist()))}

    def add(self, truth: np.ndarray, predicted: np.ndarray) -> None:
        """Counts the pixels of one whole picture, without those whose true class is 255.

        Args:
            truth: (H, W) uint8, class ids and 255 = ignore.
            predicted: (H, W) uint8, class ids.
        """
        ignored = truth == IGNORE
        ours, theirs = (_near_contours(mask, ignored) for mask in (truth, predicted))
        self.counts[0] += self._of_each_class(truth[ours & theirs & (truth == predicted)])
        self.counts[1] += self._of_each_class(truth[ours])
        self.counts[2] += self._of_each_class(predicted[theirs])

    def iou(self) -> np.ndarray:
        """Returns the boundary IoU of each class, (C,) float64; nan for a class without a pixel near a contour in truth
        or prediction.
        """
        hits, labelled, predicted = self.counts
        return ratio(hits, labelled + predicted - hits)

    def mean_iou(self) -> float:
        """Returns the mean over the classes that have a boundary IoU, 0 to 1; 0 if none has."""
        return mean_of_defined(self.iou())

    def _of_each_class(self, classes: np.ndarray) -> np.ndarray:
        return np.bincount(classes, minlength=self.counts.shape[1])


def contour_distance(height: int, width: int) -> int:
    """Returns how many pixels away from a contour of a picture of this size a pixel is near it, at least 1."""
    return max(1, round(SHARE_OF_DIAGONAL * math.hypot(height, width)))


def _near_contours(mask: np.ndarray, ignored: np.ndarray) -> np.ndarray:
    """Returns where a mask, (H, W) uint8, has a pixel near a contour of its class, (H, W) bool.

    The square around such a pixel has another class, so that its highest and its lowest class differ: one look at the
    mask serves all classes. At the picture's edges the square reaches beyond them.
    """
    distance = contour_distance(*mask.shape)
    highest, lowest = (
        _of_squares(np.where(ignored, neutral, mask), distance, choose)
        for neutral, choose in ((np.uint8(0), np.maximum), (np.uint8(IGNORE), np.minimum))
    )
    near = ~ignored
    near[distance:-distance, distance:-distance] &= highest != lowest
    return near


def _of_squares(values: np.ndarray, distance: int, choose: Callable[..., np.ndarray]) -> np.ndarray:
    """Returns what is chosen of the square around each pixel that is at least ``distance`` away from the edges,
    (H - 2 * distance, W - 2 * distance) uint8.
    """
    side = 2 * distance + 1
    return _of_rows(_of_rows(values, side, choose).T, side, choose).T


def _of_rows(values: np.ndarray, length: int, choose: Callable[..., np.ndarray]) -> np.ndarray:
    """Returns what is chosen of each ``length`` rows that lie side by side, (H - length + 1, W) uint8: of one, two,
    four and so on, and at last of two ranges that overlap.
    """
    if len(values) < length:
        return values[:0]
    done = 1
    while done < length:
        step = min(done, length - done)
        values = choose(values[:-step], values[step:])
        done += step
    return values
