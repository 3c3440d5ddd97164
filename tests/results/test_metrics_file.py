"""metrics.csv: a row for each epoch."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.errors import PlatformError
from semseg.results.epoch_scores import EpochScores
from semseg.results.metrics_file import MetricsFile, read_epochs


def epoch(number: int, is_best: bool = False) -> EpochScores:
    return EpochScores(number, 1.5 / number, 0.001, 0.75, 0.5, (0.25, None), 3.5, 61.25, is_best)


def test_each_epoch_is_a_row_with_the_iou_of_each_class(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "data" / "metrics.csv", {0: "sky, clouds"}, 2)
    file.add(epoch(1, is_best=True))
    file.add(EpochScores(2, loss=0.5))
    assert (tmp_path / "data" / "metrics.csv").read_text().splitlines() == [
        'epoch,loss,learning_rate,pixel_accuracy,mIOU,pictures_per_second,seconds,best,"IoU 0 sky, clouds",IoU 1',
        "1,1.5,0.001,0.75,0.5,3.5,61.25,1,0.25,",
        "2,0.5,,,,,,0,,",
    ]


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "metrics.csv", {1: "IoU 7"}, 2)
    for number in (1, 2):
        file.add(epoch(number))
    assert read_epochs(tmp_path / "metrics.csv") == file.epochs == [epoch(1), epoch(2)]


def test_a_job_that_goes_on_keeps_the_epochs_before_and_forgets_those_it_trains_again(tmp_path: Path) -> None:
    first = MetricsFile(tmp_path / "metrics.csv", {}, 2)
    for number in (1, 2, 3):
        first.add(epoch(number))
    MetricsFile(tmp_path / "metrics.csv", {}, 2).forget_after(2)
    assert [each.epoch for each in read_epochs(tmp_path / "metrics.csv")] == [1, 2]
    second = MetricsFile(tmp_path / "metrics.csv", {}, 2)
    second.add(epoch(2, is_best=True))
    assert read_epochs(tmp_path / "metrics.csv") == [epoch(1), epoch(2, is_best=True)]


def test_there_are_no_epochs_without_a_file(tmp_path: Path) -> None:
    assert read_epochs(tmp_path / "metrics.csv") == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("epoch,loss\n1,2\n", "it has no column 'learning_rate'"),
        ("", "it has no column 'epoch'"),
        ("1,much,0,0,0,0,0,0\n", "'much' stands where a number must be"),
        ("1,0,0,0,nan,0,0,0\n", "'nan' stands where a number must be"),
        ("one,0,0,0,0,0,0,0\n", "'one' stands where a whole number must be"),
        ("1,0.5\n", "line 2 has not as many values as the first one"),
        ('1,"0.5\n', "it is no whole CSV"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: str, why: str) -> None:
    head = "epoch,loss,learning_rate,pixel_accuracy,mIOU,pictures_per_second,seconds,best\n"
    (tmp_path / "metrics.csv").write_text(content if content[:1] in ("e", "") else head + content)
    with pytest.raises(PlatformError, match=f"metrics.csv cannot be read: {why}"):
        read_epochs(tmp_path / "metrics.csv")
