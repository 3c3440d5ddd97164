"""The schedule of a job: how many epochs it trains, and at which learning rate each step, by count or by the clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Protocol

from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.group import Group, float_from_first
from semseg.training.learning_rate import LearningRate
from semseg.training.time_budget import TimeBudget


class Schedule(Protocol):
    """Says what comes next in a job, and is told how far that is. All processes of a group ask at the same time."""

    def epochs(self, done: int) -> Iterator[int]:
        """Yields the numbers of the epochs that are to be trained after so many, counted from 0, until training ends.

        Whether one follows is decided when it is asked for, after those before it.
        """
        ...

    def rate(self, iteration: int, step: int) -> float | None:
        """Returns the learning rate of the next step; None where training ends before it.

        Args:
            iteration: its number in the job, counted from 0.
            step: its number in the epoch, counted from 0. The first one is always trained.
        """
        ...

    def epoch_begins(self) -> None:
        """Is told when an epoch begins, before its first batch is read."""
        ...

    def epoch_trained(self) -> None:
        """Is told when the steps of an epoch are done."""
        ...

    def epoch_completed(self) -> None:
        """Is told when the validation after an epoch is over, and all is saved."""
        ...

    def seconds(self) -> float:
        """Returns what a checkpoint keeps of it: the seconds that the job has taken, in all its runs; 0 where these do
        not count.
        """
        ...

    def goes_on_after(self, seconds: float) -> None:
        """Is told what the checkpoint has kept that the job goes on from."""
        ...


class EpochSchedule:
    """A number of epochs, with the rate of each step by its number in the job. What is told of time changes nothing.

    Args:
        learning_rate: of the job.
    """

    def __init__(self, learning_rate: LearningRate) -> None:
        self._learning_rate = learning_rate

    def epochs(self, done: int) -> Iterator[int]:
        """Yields the numbers of the epochs after so many."""
        return iter(range(done, self._learning_rate.epochs))

    def rate(self, iteration: int, step: int) -> float:
        """Returns the learning rate of a step of the job; every epoch is trained to its end."""
        return self._learning_rate.at(iteration)

    def epoch_begins(self) -> None:
        """Changes nothing."""

    def epoch_trained(self) -> None:
        """Changes nothing."""

    def epoch_completed(self) -> None:
        """Changes nothing."""

    def seconds(self) -> float:
        """Returns 0: the seconds do not count."""
        return 0.0

    def goes_on_after(self, seconds: float) -> None:
        """Changes nothing."""


class TimeSchedule:
    """A time budget: the rate follows the share of the time that is spent, and training ends with it.

    Args:
        learning_rate: of a job that trains for the planned number of epochs.
        budget: the time that the job may take.
        group: the processes that train together, all of which follow the budget of rank 0.
    """

    def __init__(self, learning_rate: LearningRate, budget: TimeBudget, group: Group) -> None:
        self._learning_rate = learning_rate
        self._budget = budget
        self._group = group

    def epochs(self, done: int) -> Iterator[int]:
        """Yields the numbers of the epochs after so many until the time is spent; the very first one in any case."""
        for epoch in itertools.count(done):
            if epoch > 0 and self._share_spent() >= 1:
                return
            yield epoch

    def rate(self, iteration: int, step: int) -> float | None:
        """Returns the learning rate for the share of the time that is spent; None, after the first step of an epoch,
        once that is all.
        """
        self._budget.step_begins()
        share = self._share_spent()
        return None if share >= 1 and step > 0 else self._learning_rate.at_share(share)

    def epoch_begins(self) -> None:
        """Notes when an epoch begins."""
        self._budget.epoch_begins()

    def epoch_trained(self) -> None:
        """Notes when the steps of an epoch are done."""
        self._budget.epoch_trained()

    def epoch_completed(self) -> None:
        """Notes when the validation after an epoch is over, and all is saved."""
        self._budget.epoch_completed()

    def seconds(self) -> float:
        """Returns how many seconds the job has taken so far, in all its runs."""
        return self._budget.spent()

    def goes_on_after(self, seconds: float) -> None:
        """Counts the seconds that earlier runs of the job took."""
        self._budget.goes_on_after(seconds)

    def _share_spent(self) -> float:
        return float_from_first(self._budget.share(), self._group)


def schedule_of(
    hyperparameters: Hyperparameters, iterations_per_epoch: int, budget: TimeBudget | None, group: Group
) -> Schedule:
    """Returns the schedule of a job: by its time budget where it has one, else by its number of epochs."""
    learning_rate = LearningRate(
        hyperparameters.learning_rate,
        hyperparameters.lr_scheduler,
        iterations_per_epoch,
        hyperparameters.epochs,
        hyperparameters.lr_scheduler_factor,
        hyperparameters.lr_scheduler_step,
        hyperparameters.warmup_epochs,
    )
    return EpochSchedule(learning_rate) if budget is None else TimeSchedule(learning_rate, budget, group)
