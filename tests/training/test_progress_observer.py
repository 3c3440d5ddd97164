"""The file that tells how far a job is, and how long it still takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.contract.job_progress import JobProgress
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from semseg.training.observer import Pace
from semseg.training.progress_observer import ProgressObserver

JOB = JobProgress("fcn with resnet-50", "MXNet on CPU", 2, 6, 3, epochs=2, iterations_per_epoch=3)


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Told:
    """An observer with its clock and its file."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.path = folder / "progress.json"
        self.observer = ProgressObserver(self.path, JOB, self.clock)

    def steps(self, epoch: int, *numbers: int, seconds: float = 10.0) -> None:
        for number in numbers:
            self.clock.now += seconds
            self.observer.step_done(Pace(epoch, number, 8.0))

    def read(self) -> JobProgress:
        progress = JobProgress.from_json(self.path.read_text())
        assert progress is not None
        return progress


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


def matrix(*counts: int) -> ConfusionMatrix:
    made = ConfusionMatrix(2)
    made.counts = np.array(counts).reshape(2, 2)
    return made


def test_every_iteration_is_told_also_in_an_epoch_of_three(told: Told) -> None:
    assert (told.read().phase, told.read().iterations_done) == ("reading the data", 0)
    seen = []
    for number in (1, 2, 3):
        told.steps(0, number)
        seen.append(told.read().iterations_done)
    told.observer.epoch_trained(Pace(0, 3, 8.0), 0.75, 0.01)
    assert seen == [1, 2, 3]
    assert (told.read().epoch, told.read().iterations_done, told.read().loss) == (1, 3, 0.75)


def test_a_job_that_goes_on_starts_where_it_is(told: Told) -> None:
    told.observer.training_begins(1, 1, 0.25)
    assert (told.read().iterations_done, told.read().best_mean_iou) == (4, 0.25)
    told.steps(1, 2)  # the next one of the epoch
    assert told.read().iterations_done == 5


def test_steps_in_quick_succession_are_written_twice_a_second(told: Told) -> None:
    told.steps(0, 1, 2, seconds=0.3)
    assert told.read().iterations == 2  # 0.6 s after the first write; at 0.3 s nothing was written


def test_the_loss_of_a_long_epoch_is_told_before_its_end(told: Told) -> None:
    told.observer.steps_done(Pace(0, 1, 8.0), 0.001, 2.5)
    told.steps(0, 1)
    assert told.read().loss == 2.5


def test_the_best_score_stays_and_whole_pictures_have_their_own(told: Told) -> None:
    told.observer.epoch_validated(Pace(0, 1, 8.0), matrix(3, 1, 1, 3))  # 3/5 for each class
    told.observer.epoch_validated(Pace(1, 1, 8.0), matrix(2, 2, 2, 2))  # 2/6
    told.observer.best_scored(Evaluation.of_matrix(matrix(4, 0, 1, 3)), None)  # 4/5 and 3/4
    assert (told.read().best_mean_iou, told.read().whole_mean_iou) == (0.6, 0.775)


def test_the_time_left_is_that_of_the_steps_and_scorings_to_come(told: Told) -> None:
    told.steps(0, 1)
    assert told.read().seconds_left is None  # one step alone measures nothing
    told.steps(0, 2, 3)
    # 10 s a step, 3 steps; a scoring is guessed as 3 steps x 3/6 of the pictures / 3 = 5 s, and there are 3 of them
    assert told.read().seconds_left == pytest.approx(45)
    told.observer.epoch_trained(Pace(0, 3, 8.0), 1.0, 0.01)
    told.clock.now += 7
    told.observer.epoch_completed(0, 2, 1000.0)
    assert told.read().seconds_left == pytest.approx(30 + 2 * 7)  # 3 steps, then this epoch's scoring and the last one
    told.observer.scoring_best()
    assert told.read().seconds_left == pytest.approx(7)
    told.observer.best_scored(Evaluation.of_matrix(matrix(1, 0, 0, 1)), None)
    assert told.read().seconds_left is None


def test_a_job_trains_on_where_its_progress_cannot_be_written(tmp_path: Path) -> None:
    observer = ProgressObserver(tmp_path / "no folder" / "progress.json", JOB)
    observer.step_done(Pace(0, 1, 8.0))
    assert list(tmp_path.iterdir()) == []


def test_a_job_with_more_epochs_than_were_planned_has_no_negative_time_left(told: Told) -> None:
    told.observer.training_begins(2, 0, 0.5)
    told.steps(2, 1, 2)
    assert (told.read().epochs, told.read().epoch, told.read().iterations) == (3, 2, 2)
    # one step of ten seconds, a scoring after the epoch and the last one: half as many pictures, at a third of a step
    assert told.read().seconds_left == pytest.approx(10 + 2 * 5)
