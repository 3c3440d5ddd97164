"""What the loss of a job is made of, without an engine."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.contract.hyperparameters import LOSSES, Hyperparameters
from semseg.engines.loss_terms import LossTerms, mean_of_sums, scales
from tests.engines.loss_cases import BY_HAND, MASKS, WEIGHTS, random_case, terms

ALL = "+".join(LOSSES)


def of(**strings: str) -> LossTerms:
    return LossTerms.of(Hyperparameters.from_strings({"num_classes": "3", **strings}))


@pytest.mark.parametrize(("loss", "weights"), BY_HAND)
def test_each_denominator_is_that_counted_by_hand(loss: str, weights: tuple[float, ...]) -> None:
    assert terms(loss, weights).denominators(MASKS) == pytest.approx(BY_HAND[loss, weights][1])


def test_hyperparameters_say_the_terms() -> None:
    assert of() == LossTerms(("cross_entropy",), 3)
    given = of(loss="dice + ohem", class_weights="1, 3, 5", label_smoothing="0.1")
    assert given == LossTerms(("dice", "ohem"), 3, WEIGHTS, 0.1)
    with pytest.raises(ValueError, match="class_weights must be numbers by now, got balanced"):
        of(class_weights="balanced")


@pytest.mark.parametrize("weights", [(), (0.5, 0, 2, 3)])
def test_the_denominators_of_a_batch_are_those_of_its_parts_together(weights: tuple[float, ...]) -> None:
    given, (_, masks) = terms(ALL, weights, 4), random_case()
    parts = [given.denominators(part) for part in (masks[:2], masks[2:], masks[:0])]
    assert sum(parts) == pytest.approx(given.denominators(masks))


@pytest.mark.parametrize(("weights", "masks"), [((), np.full_like(MASKS, 255)), ((0, 0, 1), MASKS), ((), MASKS[:0])])
def test_a_batch_in_which_nothing_counts_has_a_loss_of_0(weights: tuple[float, ...], masks: np.ndarray) -> None:
    denominators = terms(ALL, weights).denominators(masks)
    assert list(denominators) == [0] * 5
    assert mean_of_sums(np.ones(5), denominators) == 0
    assert list(scales(denominators)) == [0] * 5


def test_sums_are_divided_each_by_its_own_denominator() -> None:
    assert mean_of_sums(np.array([6, 1]), np.array([3, 4])) == 2.25
    assert list(scales(np.array([3, 4]))) == [1, 0.75]  # and the optimizer divides by 3
