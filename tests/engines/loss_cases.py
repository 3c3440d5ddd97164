"""Scores and masks for the losses of all engines, with what each loss is of them, counted by hand."""

from __future__ import annotations

import numpy as np

from semseg.contract.hyperparameters import CROSS_ENTROPY, DICE, FOCAL, LOSSES, LOVASZ, OHEM
from semseg.engines.loss_terms import LossTerms

# Two samples of 1 x 4 pixels and three classes. The probabilities of the first, pixel by pixel, are
#   (1/2 1/4 1/4) of class 0, (1/4 1/2 1/4) of class 0, (1/8 3/4 1/8) of class 1, and one that is ignored;
# the second is ignored wholly. All but its own class 2 are there in the first.
PROBABILITIES = np.array(
    [
        [[1 / 2, 1 / 4, 1 / 8, 1 / 3], [1 / 4, 1 / 2, 3 / 4, 1 / 3], [1 / 4, 1 / 4, 1 / 8, 1 / 3]],
        [[1 / 3] * 4, [1 / 3] * 4, [1 / 3] * 4],
    ],
    np.float32,
).reshape(2, 3, 1, 4)
MASKS = np.array([[[0, 0, 1, 255]], [[255, 255, 255, 255]]], np.uint8)
HALF, QUARTER, FOURTHS = np.log(2), np.log(4), np.log(4 / 3)  # -log of 1/2, 1/4 and 3/4
WEIGHTS = (1.0, 3.0, 5.0)

# The loss by its name and the class weights: sum / denominator
BY_HAND = {
    (CROSS_ENTROPY, ()): (HALF + QUARTER + FOURTHS, 3),
    (CROSS_ENTROPY, WEIGHTS): (HALF + QUARTER + 3 * FOURTHS, 5),
    # (1 - p)^2 in front of each: 1/4, 9/16, 1/16
    (FOCAL, ()): (HALF / 4 + 9 * QUARTER / 16 + FOURTHS / 16, 3),
    (FOCAL, WEIGHTS): (HALF / 4 + 9 * QUARTER / 16 + 3 * FOURTHS / 16, 5),
    # a quarter of three pixels is one: that of log 4, and it weighs as much as a pixel does on average, 5/3
    (OHEM, ()): (QUARTER, 1),
    (OHEM, WEIGHTS): (QUARTER, 5 / 3),
    # class 0: overlap 3/4 of 7/8 + 2, class 1: 3/4 of 3/2 + 1; class 2 is absent. One sample counts
    (DICE, ()): ((1 - 1.5 / (23 / 8) + 1 - 1.5 / (5 / 2)) / 2, 1),
    (DICE, WEIGHTS): ((1 - 1.5 / (23 / 8) + 3 * (1 - 1.5 / (5 / 2))) / 4, 1),
    # class 0: errors 3/4 (its own), 1/2 (its own), 1/8; Jaccard loss 1/2, 1, 1. So 3/4 / 2 + 1/2 / 2 = 5/8
    # class 1: errors 1/2, 1/4 (of others), 1/4 (its own; it comes last of the equal ones); 1/2, 2/3, 1.
    # So 1/2 / 2 + 1/4 / 6 + 1/4 / 3 = 3/8
    (LOVASZ, ()): ((5 / 8 + 3 / 8) / 2, 1),
    (LOVASZ, WEIGHTS): ((5 / 8 + 3 * 3 / 8) / 4, 1),
}


def terms(loss: str, weights: tuple[float, ...] = (), classes: int = 3, smoothing: float = 0.0) -> LossTerms:
    return LossTerms(tuple(loss.split("+")), classes, weights, smoothing)


def random_case(classes: int = 4, side: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Scores and masks of three samples, a third of whose pixels is ignored; the last one is ignored wholly, and no
    sample has the last class.
    """
    rng = np.random.default_rng(0)
    masks = rng.choice([*range(classes - 1), 255], (3, side, side)).astype(np.uint8)
    masks[2] = 255
    return rng.normal(0, 2, (3, classes, side, side)).astype(np.float32), masks


def kind(of: LossTerms) -> str:
    """What a test is called after."""
    return f"{'+'.join(of.names)}{' weighted and smoothed' if of.class_weights else ''}"


KINDS = [terms(loss, *more) for more in (((), 4), ((1, 2, 0.5, 3), 4, 0.1)) for loss in LOSSES]
