"""What comes next in a job: by its number of epochs, or by its time."""

from __future__ import annotations

from semseg.engines.group import ALONE
from semseg.training.learning_rate import LearningRate
from semseg.training.schedule import EpochSchedule, TimeSchedule
from semseg.training.time_budget import TimeBudget

RATE = LearningRate(0.1, "poly", iterations_per_epoch=2, epochs=3)  # the last of six steps has rate 0


def test_a_number_of_epochs_is_trained_whatever_time_it_takes() -> None:
    schedule = EpochSchedule(RATE)
    schedule.epoch_begins()
    schedule.epoch_trained()
    schedule.epoch_completed()
    schedule.goes_on_after(1e9)
    assert schedule.seconds() == 0.0
    assert list(schedule.epochs(1)) == [1, 2]
    assert [schedule.rate(4, step) for step in (0, 1)] == [RATE.at(4)] * 2


def test_a_time_budget_ends_an_epoch_after_its_first_step_and_the_job_after_its_first_epoch() -> None:
    now = [0.0]
    schedule = TimeSchedule(RATE, TimeBudget(10.0, 0.0, 0.0, 0.0, now=lambda: now[0]), ALONE)
    epochs = schedule.epochs(0)
    now[0] = 6.0
    assert next(epochs) == 0
    assert schedule.rate(0, 0) == RATE.at(3)  # after six tenths, the place 3 of 0 to 5
    schedule.goes_on_after(4.0)
    assert schedule.seconds() == 10.0
    assert (schedule.rate(1, 0), schedule.rate(1, 1)) == (0.0, None)
    assert list(epochs) == []
    assert list(zip(range(1), schedule.epochs(0))) == [(0, 0)]
