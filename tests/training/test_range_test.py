"""The range test of learning rates, on a parabola that is trained by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from semseg.training.batches import Batch
from semseg.training.range_test import growing_rates, range_test, steps_within


class Parabola:
    """The loss is ten times w squared; a step goes down its slope. A rate above 0.1 makes w larger."""

    def __init__(self) -> None:
        self.w, self.loss = 1.0, 0.0
        self.seen: list[int] = []
        self.begun: list[tuple[int, int]] = []
        self.rates: list[float] = []
        self.seconds = 0.0

    def begin_step(self, epoch: int, step: int) -> None:
        self.begun.append((epoch, step))

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        self.loss = 10 * self.w**2
        self.w -= learning_rate * 20 * self.w
        self.seen.append(int(images.flat[0]))
        self.rates.append(learning_rate)
        self.seconds += 100.0 if len(self.seen) == 1 else 2.0

    def take_loss(self) -> float:
        return self.loss


class TwoEachEpoch:
    """Batches that are numbered; two are an epoch."""

    iterations_per_epoch = 2

    def epoch(self, number: int, done: int = 0) -> Iterator[Batch]:
        for step in range(2):
            yield Batch(np.full((1, 1, 1, 3), 2 * number + step, np.uint8), np.zeros((1, 1, 1), np.uint8), 1)

    def left_over(self, done: int) -> dict[str, np.ndarray]:
        return {}

    def go_on_from(self, left_over: Mapping[str, np.ndarray]) -> None: ...


def test_rates_grow_by_the_same_factor_from_the_lowest_to_the_highest() -> None:
    assert growing_rates(6) == pytest.approx([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0])


def test_there_are_as_many_steps_as_the_time_is_enough_for() -> None:
    assert steps_within(90, 2.0) == 42  # 45, less the three by which a step was timed
    assert steps_within(90, 9.0) == 30
    assert steps_within(90, 0.01) == steps_within(90, 0.0) == 100


def test_four_batches_are_taken_in_turn_each_with_the_seed_of_its_place() -> None:
    engine = Parabola()
    range_test(engine, TwoEachEpoch(), 90, now=lambda: engine.seconds)
    assert engine.seen[:9] == [0, 1, 2, 3, 0, 1, 2, 3, 0]
    assert engine.begun[:5] == [(0, 0), (0, 1), (1, 0), (1, 1), (0, 0)]


def test_the_first_step_does_not_count_for_the_time_of_one() -> None:
    engine, moves = Parabola(), []
    range_test(engine, TwoEachEpoch(), 90, lambda done, total: moves.append((done, total)), lambda: engine.seconds)
    assert moves[0] == (1, 42)
    assert engine.rates[:4] == [1e-5] * 4  # three to be timed, and the first of the ladder
    assert engine.rates[3:] == pytest.approx(growing_rates(42)[: len(engine.rates) - 3])


def test_losses_are_those_before_each_step() -> None:
    curve = range_test(Parabola(), TwoEachEpoch(), 90)
    start = (1 - 2e-4) ** 3  # after the three that were timed
    assert curve.losses[:2] == pytest.approx((10 * start**2, 10 * (start * (1 - 2e-4)) ** 2))


def test_a_tenth_of_the_highest_rate_that_goes_down_is_suggested() -> None:
    curve = range_test(Parabola(), TwoEachEpoch(), 90)
    assert curve.suggestion == pytest.approx(0.01, rel=0.2)  # up to 0.1 each step comes nearer to the lowest point
    assert curve.rates[-1] < 0.2  # no higher rate is tried once the loss is four times the lowest


class Diverging(Parabola):
    """Loses all from a rate of 0.001 on."""

    def __init__(self, lost: float) -> None:
        super().__init__()
        self.lost = lost

    def take_loss(self) -> float:
        return self.lost if self.rates[-1] > 1e-3 else 1.0


@pytest.mark.parametrize(("lost", "steps"), [(float("nan"), 40), (float("inf"), 40), (20.0, 41)])
def test_no_higher_rate_is_tried_once_the_loss_is_lost(lost: float, steps: int) -> None:
    # of 100 rates over five decades, number 39.6 is 0.001: 40 are not above it; a mean with 20 is 5.75, above four
    curve = range_test(Diverging(lost), TwoEachEpoch(), 90)
    assert len(curve.rates) == len(curve.losses) == steps
