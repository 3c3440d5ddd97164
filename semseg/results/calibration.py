"""Counts of how sure a model is beside how often it is right, and the expected calibration error made from them.

Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On Calibration of Modern Neural Networks", ICML 2017: the
confidence of a pixel is its highest probability. Pixels are put into 15 bins by it, each as wide as the others, the
upper end belonging to the bin. The error is the mean difference of accuracy and mean confidence of the bins, in which
each bin counts as much as it has pixels. Here the pixels are all labelled pixels of all pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from semseg.contract.png_mask import IGNORE

BINS = 15
UNIT = 2.0**-24  # of a confidence: sums are whole numbers of it, the same in whichever order they are added up


class Bin(NamedTuple):
    """The pixels of one range of confidences.

    Attributes:
        pixels: how many.
        accuracy: the share of them that are right, 0 to 1.
        confidence: their mean confidence, 0 to 1.
    """

    pixels: int
    accuracy: float
    confidence: float


class CalibrationCounts:
    """Counts labelled pixels by their confidence. Its memory does not grow with the pixels counted.

    Attributes:
        counts: (3, 15) int64, of the pixels of each bin: how many, how many are right, and the sum of their
            confidences in units of 2 ** -24.
    """

    def __init__(self) -> None:
        self.counts = np.zeros((3, BINS), np.int64)

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> CalibrationCounts:
        """Returns the counts that :meth:`content` was made from.

        Raises:
            KeyError, OverflowError, TypeError, ValueError: it is no such content.
        """
        found = cls()
        sums = np.rint(np.array(content["sums_of_confidences"], np.float64) / UNIT).astype(np.int64)
        found.counts = np.array([content["pixels"], content["hits"], sums], np.int64).reshape(3, BINS)
        return found

    def content(self) -> dict[str, Any]:
        """Returns the counts as ``evaluation.json`` holds them: for each bin its pixels, those of them that are right,
        and the sum of the confidences.
        """
        pixels, hits, sums = self.counts
        return {"pixels": pixels.tolist(), "hits": hits.tolist(), "sums_of_confidences": (UNIT * sums).tolist()}

    def add(self, truth: np.ndarray, predicted: np.ndarray, confidence: np.ndarray) -> None:
        """Counts pixels, without those whose true class is 255.

        Args:
            truth: (H, W) uint8, class ids and 255 = ignore.
            predicted: (H, W) uint8, class ids.
            confidence: (H, W) float32, the probability of the predicted class, 0 to 1.
        """
        labelled = truth != IGNORE
        sure, right = confidence[labelled], (truth == predicted)[labelled]
        bins = np.clip(np.ceil(sure * np.float32(BINS)).astype(np.int64) - 1, 0, BINS - 1)
        wrong, hits = np.bincount(bins + BINS * right, minlength=2 * BINS).reshape(2, BINS)
        sums = np.bincount(bins, sure, minlength=BINS)
        self.counts += np.stack([wrong + hits, hits, np.rint(sums / UNIT).astype(np.int64)])

    def bins(self) -> list[Bin]:
        """Returns all bins, those of the least sure pixels first; one without pixels has an accuracy and a confidence
        of 0.
        """
        columns = self.counts.T.tolist()
        return [Bin(pixels, hits / max(pixels, 1), UNIT * sure / max(pixels, 1)) for pixels, hits, sure in columns]

    def error(self) -> float:
        """Returns the expected calibration error, 0 to 1; 0 if nothing was counted."""
        pixels, hits, sure = self.counts.astype(np.float64)
        return float(np.abs(hits - UNIT * sure).sum() / max(pixels.sum(), 1))
