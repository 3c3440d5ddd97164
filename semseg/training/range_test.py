"""The learning-rate range test: trains on growing rates, and notes the loss at each.

Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (WACV 2017), section 3.3; rates that grow by the
same factor at each step, and an end at a multiple of the lowest loss, are fast.ai's ``lr_find``.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from semseg.results.learning_rate_curve import CYCLE, LearningRateCurve, smoothed
from semseg.training.batches import Batch, Batches

LOWEST, HIGHEST = 1e-5, 1.0  # of the rates; the second is the highest that a job may have
TIMED_STEPS = 3  # steps at the lowest rate, by whose time the number of the others is set
FEWEST_STEPS, MOST_STEPS = 30, 100
TOO_HIGH = 4  # times the lowest smoothed loss: no higher rate is tried


class Steppable(Protocol):
    """The part of an engine that a range test needs; see :class:`semseg.engines.engine.Engine`."""

    def begin_step(self, epoch: int, step: int) -> None: ...

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None: ...

    def take_loss(self) -> float: ...


def range_test(
    engine: Steppable,
    batches: Batches,
    seconds: float,
    moved: Callable[[int, int], None] = lambda done, total: None,
    now: Callable[[], float] = time.monotonic,
) -> LearningRateCurve:
    """Returns the losses at 30 to 100 growing rates, as many as the time is enough for.

    The engine's parameters are of no use afterwards: the last rates are too high. All processes of a group call this.

    Args:
        engine: as a job begins with it.
        batches: of the job.
        seconds: that the test may take.
        moved: is told how many of how many steps are done.
        now: a clock that never goes back, in seconds.
    """
    stream = itertools.cycle(list(itertools.islice(_endless(batches), CYCLE)))
    started = now()
    for number in range(TIMED_STEPS):
        _loss(engine, stream, LOWEST)
        if number == 0:
            started = now()  # the first step is slower than others
    each = (now() - started) / (TIMED_STEPS - 1)
    return _at(growing_rates(steps_within(seconds, each)), engine, stream, moved)


def steps_within(seconds: float, each: float) -> int:
    """Returns how many steps of ``each`` seconds a range test of so many seconds has."""
    wanted = int(seconds / each) - TIMED_STEPS if each > 0 else MOST_STEPS
    return max(FEWEST_STEPS, min(MOST_STEPS, wanted))


def growing_rates(steps: int) -> list[float]:
    """Returns the rates of so many steps, each the same number of times the one before."""
    return [LOWEST * (HIGHEST / LOWEST) ** (step / (steps - 1)) for step in range(steps)]


def _at(
    rates: list[float],
    engine: Steppable,
    stream: Iterator[tuple[int, int, Batch]],
    moved: Callable[[int, int], None],
) -> LearningRateCurve:
    losses: list[float] = []
    for number, rate in enumerate(rates):
        loss = _loss(engine, stream, rate)
        moved(number + 1, len(rates))
        if not math.isfinite(loss):
            break
        losses.append(loss)
        averages = smoothed(losses)
        if averages[-1] > TOO_HIGH * min(averages):
            break
    return LearningRateCurve(tuple(rates[: len(losses)]), tuple(losses))


def _loss(engine: Steppable, stream: Iterator[tuple[int, int, Batch]], rate: float) -> float:
    """Takes one step at a rate, and returns the loss of its batch before it."""
    epoch, step, batch = next(stream)
    engine.begin_step(epoch, step)
    engine.step(batch.images, batch.masks, rate)
    return engine.take_loss()


def _endless(batches: Batches) -> Iterator[tuple[int, int, Batch]]:
    """Yields the batches of all epochs, each with the numbers of its epoch and of its step."""
    for epoch in itertools.count():
        for step, batch in enumerate(batches.epoch(epoch)):
            yield epoch, step, batch
