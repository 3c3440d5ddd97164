"""The files that tell the scores of each epoch while a job trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.epoch_scores import EpochScores
from semseg.results.metrics_file import read_epochs
from semseg.training.observer import Pace
from semseg.training.results_observer import ResultsObserver
from tests.full_disk import files_of_at_most

HALF, TWO_THIRDS = (2, 2, 0, 0), (2, 1, 0, 0)  # pixels of class 0: taken for 0 and for 1


def matrix(*counts: int) -> ConfusionMatrix:
    made = ConfusionMatrix(3)
    made.counts = np.zeros((3, 3), int)
    made.counts[:2, :2] = np.array(counts).reshape(2, 2)
    return made


def observer_in(folder: Path, warned: list[str] | None = None) -> ResultsObserver:
    sentences: list[str] = [] if warned is None else warned
    return ResultsObserver(folder, {1: "sky"}, 3, "crops", sentences.append, clock=lambda: 1060.0)


def tell(observer: ResultsObserver, epoch: int, counts: tuple[int, int, int, int]) -> None:
    """Tells an epoch that began 60 seconds ago."""
    observer.epoch_trained(Pace(epoch, 3, 8.0), 0.5, 0.25)
    observer.epoch_validated(Pace(epoch, 1, 16.0), matrix(*counts))
    observer.epoch_completed(epoch, 3, 1000.0)


def test_each_epoch_is_a_row_as_soon_as_it_is_over(tmp_path: Path) -> None:
    observer = observer_in(tmp_path)
    observer.training_begins(0, 0, None)
    tell(observer, 0, HALF)
    assert read_epochs(tmp_path / "metrics.csv") == [
        # class 0 has 2 of 4, class 1 none of 2, class 2 does not occur
        EpochScores(1, 0.5, 0.25, 0.5, 0.25, (0.5, 0, None), 8.0, 60.0, is_best=True)
    ]
    with Image.open(tmp_path / "curves.png") as curves:
        curves.load()
    tell(observer, 1, HALF)
    tell(observer, 2, TWO_THIRDS)
    assert [epoch.is_best for epoch in read_epochs(tmp_path / "metrics.csv")] == [True, False, True]


def test_a_job_that_goes_on_replaces_the_rows_after_its_checkpoint_and_keeps_those_before(tmp_path: Path) -> None:
    first = observer_in(tmp_path)
    first.training_begins(0, 0, None)
    tell(first, 0, TWO_THIRDS)
    tell(first, 1, HALF)
    again = observer_in(tmp_path)
    again.training_begins(1, 2, 1 / 3)  # after one epoch and two steps of the next
    assert [epoch.epoch for epoch in read_epochs(tmp_path / "metrics.csv")] == [1]
    tell(again, 1, HALF)
    epochs = read_epochs(tmp_path / "metrics.csv")
    assert [(epoch.epoch, epoch.is_best) for epoch in epochs] == [(1, True), (2, False)]


def test_what_an_earlier_run_said_of_its_best_model_is_gone_once_the_job_trains_on(tmp_path: Path) -> None:
    names = ("evaluation.json", "per_picture.csv", "confusion_matrix.png", "worst.png", "report.html")
    for name in (*names, "dataset.json"):
        (tmp_path / name).touch()
    observer_in(tmp_path).training_begins(1, 0, 0.5)
    assert [path.name for path in tmp_path.iterdir()] == ["dataset.json"]


def test_a_file_that_cannot_be_read_is_begun_anew_and_told(tmp_path: Path) -> None:
    (tmp_path / "metrics.csv").write_text("epoch,loss\n1,high\n")
    warned: list[str] = []
    observer = observer_in(tmp_path, warned)
    observer.training_begins(1, 0, None)
    tell(observer, 1, HALF)
    (sentence,) = warned
    assert sentence.startswith(f"metrics.csv is begun anew: {tmp_path}")
    assert [epoch.epoch for epoch in read_epochs(tmp_path / "metrics.csv")] == [2]


def test_curves_that_cannot_be_drawn_end_no_job(tmp_path: Path) -> None:
    warned: list[str] = []
    observer = observer_in(tmp_path, warned)
    with files_of_at_most(1024):  # enough for a row, and not for a drawing
        tell(observer, 0, HALF)
    (sentence,) = warned
    assert sentence.startswith("curves.png is not drawn: OSError: ")
    assert [epoch.epoch for epoch in read_epochs(tmp_path / "metrics.csv")] == [1]


def test_curves_of_short_epochs_are_drawn_three_seconds_apart(tmp_path: Path) -> None:
    now = 1060.0
    observer = ResultsObserver(tmp_path, {}, 3, "crops", clock=lambda: now)
    drawn = []
    for epoch in range(5):  # 0.9 s each
        now = 1060.0 + 0.9 * epoch
        (tmp_path / "curves.png").unlink(missing_ok=True)
        tell(observer, epoch, HALF)
        drawn.append((tmp_path / "curves.png").exists())
    assert drawn == [True, False, False, False, True]


@pytest.mark.parametrize("score", [0.2, 0.3])
def test_an_epoch_is_the_best_where_it_is_better_than_all_of_an_earlier_run(tmp_path: Path, score: float) -> None:
    observer = observer_in(tmp_path)
    observer.training_begins(1, 0, score)
    tell(observer, 1, HALF)  # 0.25
    assert read_epochs(tmp_path / "metrics.csv")[0].is_best == (score < 0.25)
