"""Bad samples end a job, or are left out of it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.container.data_check import checked_splits
from semseg.container.splits import Split, open_splits
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.engines.group import Group
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog
from tests.container.data_jobs import checked, good_job, refused, report_of
from tests.endtoend import CHANNELS
from tests.engines.group_of_threads import in_threads


def names_of(split: Split) -> list[str]:
    assert isinstance(split.dataset, Dataset)
    return [sample.name for sample in split.dataset.samples]


def save_value(path: Path, value: int) -> None:
    Image.fromarray(np.full((4, 6), value, np.uint8)).save(path)


def test_bad_samples_are_left_out_of_both_halves_and_named_in_log_and_report(tmp_path: Path) -> None:
    directory, log = good_job(tmp_path, train=40, validation=10), io.StringIO()
    (directory.channel("train") / "3.jpg").write_bytes(b"")
    (directory.channel("train_annotation") / "5.png").unlink()
    save_value(directory.channel("train_annotation") / "7.png", 9)
    save_value(directory.channel("validation_annotation") / "0.png", 255)
    train, validation = checked(directory, log, bad_samples="skip")
    assert sorted(names_of(train), key=int) == [str(number) for number in range(40) if number not in (3, 5, 7)]
    assert names_of(validation) == [str(number) for number in range(1, 10)]
    written = log.getvalue()
    assert (
        "3 of 40 samples of channel train are left out, because bad_samples is skip: train/3.jpg, train/7.jpg, "
        "train/5.jpg" in written
    )
    assert "1 of 10 samples of channel validation is left out, because bad_samples is skip: validation/0.jpg" in written
    assert "train/5.jpg has no mask" in written
    assert "train_annotation/7.png holds pixel value 9 in 24 pixels, but with num_classes 2 classes run from" in written
    report = report_of(directory)
    assert report["refused"] == 0
    assert report["left_out"] == {
        "train": ["train/3.jpg", "train/7.jpg", "train/5.jpg"],
        "validation": ["validation/0.jpg"],
    }
    assert report["channels"]["train"]["samples"] == 37


def test_what_is_left_out_is_counted_nowhere(tmp_path: Path) -> None:
    directory, log = good_job(tmp_path, train=20), io.StringIO()
    save_value(directory.channel("train_annotation") / "7.png", 2)  # alone of its class
    (directory.channel("train") / "7.jpg").write_bytes(b"")
    checked(directory, log, num_classes=3, bad_samples="skip")
    assert "class 2 of num_classes 3 is in no mask of channel train_annotation" in log.getvalue()


def test_more_than_a_tenth_of_a_channel_is_not_left_out(tmp_path: Path) -> None:
    directory = good_job(tmp_path, train=20)
    for number in range(3):
        (directory.channel("train") / f"{number}.jpg").write_bytes(b"")
    assert refused(directory, bad_samples="skip") == [
        "channel train has 3 bad samples of 20, and bad_samples skip leaves out at most 10 % of a channel: mend what "
        "is told of them",
        "3 of 20 images of channel train cannot be used, first 0.jpg, 1.jpg and 2.jpg: each is empty (0 bytes): "
        "a JPEG or PNG picture is needed",
    ]


def test_bad_masks_that_are_too_many_are_told_together_as_if_none_could_be_left_out(tmp_path: Path) -> None:
    directory = good_job(tmp_path, train=20)
    for number in range(4):
        save_value(directory.channel("train_annotation") / f"{number}.png", 9)
    (directory.channel("train") / "7.jpg").write_bytes(b"")
    skipped, *told = refused(directory, bad_samples="skip")
    assert skipped.startswith("channel train has 5 bad samples of 20, and ")
    assert told == refused(directory)
    assert any(problem.startswith("pixel value 9 is in 4 of 20 masks of channel train_annotation ") for problem in told)


def test_a_tenth_of_a_channel_is_left_out(tmp_path: Path) -> None:
    directory = good_job(tmp_path, train=20)
    for number in range(2):
        (directory.channel("train") / f"{number}.jpg").write_bytes(b"")
    train, _ = checked(directory, bad_samples="skip")
    assert len(names_of(train)) == 18


def test_all_processes_of_a_job_leave_the_same_samples_out(tmp_path: Path) -> None:
    directory = good_job(tmp_path / "job", train=20)
    (directory.channel("train") / "3.jpg").write_bytes(b"")
    given = Hyperparameters(num_classes=2, num_training_samples=20, bad_samples="skip")

    def left(group: Group) -> list[str]:
        log = JobLog(io.StringIO())
        results = JobDirectory(tmp_path / "results" / str(group.rank))
        splits = open_splits(directory, 2, lambda: None, log, group.size)
        splits, _ = checked_splits(splits, results, given, 0, log, group, 2)
        return names_of(splits[0])

    first, second = in_threads(2, left)
    assert first == second
    assert isinstance(second, list)
    assert sorted(second, key=int) == [str(number) for number in range(20) if number != 3]


def test_a_few_foreign_files_are_left_out_with_a_warning(tmp_path: Path) -> None:
    directory, log = good_job(tmp_path, train=20), io.StringIO()
    (directory.channel("train") / "a.gif").touch()
    train, _ = checked(directory, log, bad_samples="skip")
    assert len(names_of(train)) == 20
    assert "WARNING" in next(line for line in log.getvalue().splitlines() if "train/a.gif cannot be used" in line)
    for number in range(3):
        (directory.channel("train") / f"{number}.gif").touch()
    [problem] = refused(directory, bad_samples="skip")
    assert problem.startswith("4 files of channel train cannot be used, first 0.gif, ")


def test_a_folder_that_is_missing_is_not_left_out(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    (directory.channel("validation")).rename(tmp_path / "elsewhere")
    [problem] = refused(directory, bad_samples="skip")
    assert problem.startswith("channel validation has no folder: ")


def test_a_bad_sample_ends_a_job_by_default(tmp_path: Path) -> None:
    directory = good_job(tmp_path, train=40)
    (directory.channel("train") / "3.jpg").write_bytes(b"")
    assert refused(directory) == ["train/3.jpg is empty (0 bytes): a JPEG or PNG picture is needed"]


def test_bad_samples_that_are_read_when_they_are_needed_cannot_be_left_out(tmp_path: Path) -> None:
    directory = good_job(tmp_path)
    fast = {"TrainingInputMode": "FastFile"}
    directory.input_data_config.write_text(json.dumps(dict.fromkeys(CHANNELS, fast)))
    with pytest.raises(ChannelError) as refusal:
        checked(directory, bad_samples="skip")
    assert str(refusal.value) == (
        "bad_samples must be fail where files are read when they are needed, got skip, and channel train is in "
        "FastFile mode: give it input mode File, or leave bad_samples out"
    )
