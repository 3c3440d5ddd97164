"""A job with a time budget, on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.engines.group import ALONE, Group
from semseg.training.batches import TrainingBatches
from semseg.training.checkpoints import Checkpoints
from semseg.training.job_log import JobLog
from semseg.training.time_budget import TimeBudget
from semseg.training.trainer import Trainer
from tests.engines.group_of_threads import in_threads
from tests.training.test_trainer import BrightnessEngine, dataset  # noqa: F401


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class TimedEngine(BrightnessEngine):
    """An engine whose step takes 2 seconds and whose scoring of a batch 1; ``slower`` steps take more."""

    def __init__(self, clock: Clock, step: float = 2.0) -> None:
        super().__init__()
        self.clock, self.seconds = clock, step

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        super().step(images, masks, learning_rate)
        self.clock.seconds += self.seconds

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        self.clock.seconds += 1.0
        return super().mask(images, size)


def trainer(
    samples: Dataset,
    folder: Path,
    engine: TimedEngine,
    budget: TimeBudget,
    group: Group = ALONE,
    keeps: bool = False,
    stop_asked: Callable[[], bool] = lambda: False,
) -> Trainer:
    """A trainer of two steps an epoch, whose validation takes one batch; 10 epochs are planned."""
    hyperparameters = Hyperparameters.from_strings(
        {
            "num_classes": "2",
            "num_training_samples": "4",
            "mini_batch_size": "2",
            "base_size": "32",
            "crop_size": "24",
            "learning_rate": "0.1",
            "validation_mini_batch_size": "4",
        }
    )
    batches = TrainingBatches(samples, TrainingTransform(32, 24), 2, 0, 0, group)
    checkpoints = None
    for name in ("model", "checkpoints", "output"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if keeps:
        checkpoints = Checkpoints(folder / "checkpoints", hyperparameters, JobLog())
    return Trainer(
        engine,
        hyperparameters,
        batches,
        samples,
        folder / "model",
        stop_asked=stop_asked,
        workers=0,
        group=group,
        budget=budget,
        checkpoints=checkpoints,
    )


def test_a_share_is_of_the_time_before_the_last_validation() -> None:
    clock = Clock()
    budget = TimeBudget(100.0, spent=10.0, scoring=5.0, ending=15.0, now=clock)
    assert (budget.spent(), budget.share()) == (10.0, 0.125)
    clock.seconds += 30
    assert budget.share() == 0.5
    budget.epoch_trained()
    clock.seconds += 10
    budget.epoch_completed()  # the validation takes 10 seconds, and not 5: so the end is expected to take 30
    assert budget.share() == 50 / 60
    clock.seconds += 1000
    assert budget.share() == 1.0


@pytest.mark.parametrize(
    ("seconds", "ending"), [(10.0, 20.0), (15.0, 30.0), (20.0, 40.0), (99.0, 40.0), (7.0, 14.0), (1.0, 10.0)]
)
def test_the_end_is_taken_to_be_as_slow_as_the_last_validation(seconds: float, ending: float) -> None:
    clock = Clock()
    budget = TimeBudget(240.0, 0.0, 10.0, 20.0, clock)
    budget.epoch_begins()
    clock.seconds += 50  # however long the steps take
    budget.epoch_trained()
    clock.seconds += seconds
    budget.epoch_completed()
    assert budget.share() == pytest.approx(min(1, (50 + seconds) / (240 - seconds - ending)))


def test_all_is_spent_where_less_than_half_of_a_step_has_time() -> None:
    clock = Clock()
    budget = TimeBudget(50.0, 0.0, 0.0, 0.0, clock)
    budget.epoch_begins()
    for _ in range(2):  # the first step begins after 10 seconds of reading, the second after 20 more
        clock.seconds += 10
        budget.step_begins()
        clock.seconds += 10
    assert budget.share() == 1.0  # 40 of 50 seconds are spent, and half of a step takes 10
    clock.seconds -= 1
    assert budget.share() == 39 / 40
    budget.epoch_begins()
    budget.step_begins()  # the validation before it is no step
    assert budget.share() == 39 / 40


def test_a_step_is_taken_to_last_as_long_as_those_of_its_epoch_in_the_mean() -> None:
    clock = Clock()
    budget = TimeBudget(100.0, 0.0, 0.0, 0.0, clock)
    budget.epoch_begins()
    for seconds in (0, 10, 30):  # a device that computes behind its queue is waited for now and then
        clock.seconds += seconds
        budget.step_begins()
    assert budget.share() == 40 / (100 - 20 / 2)


def test_earlier_runs_count_and_a_budget_without_room_is_spent() -> None:
    clock = Clock()
    budget = TimeBudget(100.0, 10.0, 0.0, 20.0, clock)
    budget.goes_on_after(30.0)
    assert (budget.spent(), budget.share()) == (40.0, 0.5)
    assert TimeBudget(10.0, 0.0, 5.0, 5.0, clock).share() == 1.0


def test_the_rate_follows_the_time_and_training_ends_with_it(dataset: Dataset, tmp_path: Path) -> None:  # noqa: F811
    clock = Clock()
    engine = TimedEngine(clock)
    job = trainer(dataset, tmp_path, engine, TimeBudget(30.0, 5.0, 1.0, 4.0, clock))
    job.train_to_the_end()
    # of 25 seconds, 5 are spent; two steps of 2 seconds and a validation of 1, four times. Half a step is kept
    spent = [5 / 25, *(seconds / 24 for seconds in (7, 10, 12, 15, 17, 20, 22))]
    places = [round(share * 19) for share in spent]  # of the 20 iterations of the planned 10 epochs
    assert engine.rates == pytest.approx([0.1 * (1 - place / 19) ** 0.9 for place in places])
    assert clock.seconds == 100 + 20
    assert job.stopping.epochs == 4


def test_the_last_epoch_ends_where_the_time_does(dataset: Dataset, tmp_path: Path) -> None:  # noqa: F811
    clock = Clock()
    engine = TimedEngine(clock)
    job = trainer(dataset, tmp_path, engine, TimeBudget(27.0, 5.0, 1.0, 4.0, clock))
    job.train_to_the_end()
    assert len(engine.rates) == 7  # the seventh begins after 20 of 22 seconds; it is scored all the same
    assert clock.seconds == 100 + 7 * 2 + 4
    assert job.stopping.epochs == 4


def test_a_machine_that_becomes_slow_trains_fewer_epochs(dataset: Dataset, tmp_path: Path) -> None:  # noqa: F811
    clock = Clock()
    engine = TimedEngine(clock, step=9.0)
    trainer(dataset, tmp_path, engine, TimeBudget(30.0, 5.0, 1.0, 4.0, clock)).train_to_the_end()
    assert len(engine.rates) == 2  # after 5 and 14 seconds; after 24 of 25 no half of a third one has time
    assert clock.seconds == 100 + 2 * 9 + 1


def test_one_step_is_trained_where_no_time_is_left(dataset: Dataset, tmp_path: Path) -> None:  # noqa: F811
    clock = Clock()
    engine = TimedEngine(clock)
    trainer(dataset, tmp_path, engine, TimeBudget(30.0, 99.0, 1.0, 4.0, clock)).train_to_the_end()
    assert len(engine.rates) == 1


def test_a_job_that_is_resumed_has_what_is_left_of_its_time(dataset: Dataset, tmp_path: Path) -> None:  # noqa: F811
    clock = Clock()
    first = TimedEngine(clock)
    budget = TimeBudget(30.0, 5.0, 1.0, 4.0, clock)
    job = trainer(dataset, tmp_path, first, budget, keeps=True, stop_asked=lambda: len(first.rates) == 3)
    job.fit(tmp_path / "output")
    assert clock.seconds == 100 + 7  # three steps and a validation: 12 seconds of its time are spent
    second = TimedEngine(clock)
    resumed = trainer(dataset, tmp_path, second, TimeBudget(30.0, 2.0, 1.0, 4.0, clock), keeps=True)
    resumed.train_to_the_end()
    # it begins after 12 + 2 seconds, within the second epoch
    shares = [14 / 25, *(seconds / 24 for seconds in (17, 19, 22))]
    places = [round(share * 19) for share in shares]  # after 24 seconds half a step has no time
    assert second.rates == pytest.approx([0.1 * (1 - place / 19) ** 0.9 for place in places])


def test_all_processes_of_a_group_follow_the_clock_of_the_first(dataset: Dataset, tmp_path: Path) -> None:  # noqa: F811
    def rates(group: Group) -> list[float]:
        clock = Clock()
        engine = TimedEngine(clock, step=2.0 if group.rank == 0 else 50.0)
        budget = TimeBudget(30.0, 5.0, 1.0, 4.0, clock)
        trainer(dataset, tmp_path / str(group.rank), engine, budget, group).train_to_the_end()
        return engine.rates

    one, other = in_threads(2, rates)
    assert isinstance(one, list)
    assert one == other
    assert len(one) == 8
