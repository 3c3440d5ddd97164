"""What the loss of a job is made of: its terms, what each class weighs, and what each term is divided by.

Each term is a sum over pixels, or over samples. It is divided by what the masks of the whole batch alone tell, so that
devices, processes and parts of a batch add up to exactly what one device has after the whole batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from semseg.contract.hyperparameters import CROSS_ENTROPY, DICE, FOCAL, LOVASZ, NONE, OHEM, Hyperparameters
from semseg.contract.png_mask import IGNORE

FOCUS = 2  # the exponent of the focal loss, gamma in its paper
HARD_SHARE = 4  # one pixel in so many is a hard one, in ohem
OF_PIXELS = (CROSS_ENTROPY, FOCAL)  # the terms whose denominator is what their labelled pixels weigh


@dataclass(frozen=True)
class LossTerms:
    """The terms of a job's loss, which are added up, each divided by its own denominator.

    Attributes:
        names: of the terms, as the hyperparameter ``loss`` has them.
        num_classes: of the job.
        class_weights: what a pixel of each class counts, at least 0; empty where all count 1.
        label_smoothing: the share of a label that is spread over all classes, 0 to below 1.
    """

    names: tuple[str, ...]
    num_classes: int
    class_weights: tuple[float, ...] = ()
    label_smoothing: float = 0.0

    @classmethod
    def of(cls, hyperparameters: Hyperparameters) -> LossTerms:
        """Returns the terms of a job whose class weights are numbers, or "none"."""
        weights = hyperparameters.class_weights
        if isinstance(weights, str) and weights != NONE:
            raise ValueError(f"class_weights must be numbers by now, got {weights}")
        return cls(
            tuple(hyperparameters.loss.split("+")),
            hyperparameters.num_classes,
            () if isinstance(weights, str) else weights,
            hyperparameters.label_smoothing,
        )

    def denominators(self, masks: np.ndarray) -> np.ndarray:
        """Returns what the sum of each term is divided by, (T,) float64; those of the parts of a batch add up to its
        own. All of them are 0 where no pixel has a class that counts.

        Args:
            masks: (N, H, W) uint8, class per pixel, 255 = ignore; N may be 0.
        """
        if not self.class_weights and set(self.names) <= set(OF_PIXELS):
            return np.full(len(self.names), np.count_nonzero(masks != IGNORE), np.float64)
        counts = np.array([np.bincount(mask.ravel(), minlength=IGNORE + 1) for mask in masks]).reshape(-1, IGNORE + 1)
        labelled = counts[:, : self.num_classes]
        weighing = labelled @ np.array(self.class_weights or [1.0] * self.num_classes)
        return np.array([_DENOMINATORS[name](labelled.sum(axis=1), weighing) for name in self.names])


def divisors(denominators: np.ndarray) -> list[float]:
    """Returns what the sums of the terms are divided by: infinity in place of 0, so that nothing is learned where
    nothing counts.
    """
    return [float(each) if each > 0 else float("inf") for each in denominators]


def scales(denominators: np.ndarray) -> np.ndarray:
    """Returns what the sums of the terms are multiplied by where an optimizer divides all of them by the first
    denominator, (T,) float32: 1 for the first.
    """
    return (denominators[0] / np.array(divisors(denominators))).astype(np.float32)


def mean_of_sums(sums: np.ndarray, denominators: np.ndarray) -> float:
    """Returns the loss of which these are the sums of the terms, (T,), and their denominators, (T,)."""
    return sum(float(total) / divisor for total, divisor in zip(sums, divisors(denominators)))


def _of_pixels(pixels: np.ndarray, weighing: np.ndarray) -> float:
    return float(weighing.sum())


def _of_hard_pixels(pixels: np.ndarray, weighing: np.ndarray) -> float:
    return float((-(-pixels // HARD_SHARE) * weighing / np.maximum(pixels, 1)).sum())


def _of_samples(pixels: np.ndarray, weighing: np.ndarray) -> float:
    return float(np.count_nonzero(weighing > 0))


# Of the labelled pixels of each sample, (N,) int64, and of what they weigh together, (N,) float64
_DENOMINATORS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    CROSS_ENTROPY: _of_pixels,
    FOCAL: _of_pixels,
    OHEM: _of_hard_pixels,
    DICE: _of_samples,
    LOVASZ: _of_samples,
}
