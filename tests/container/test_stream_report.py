"""A job that ends because of bad samples in a stream tells those of both halves, and writes them into its report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from semseg.container.stream_report import bad_passes_told
from semseg.contract.job_directory import JobDirectory
from semseg.data.stream import Stream
from semseg.errors import ChannelError, UserError
from semseg.training.good_samples import made_of_good
from tests.training.told_streams import Told, sample


def stream_at(folder: Path, *values: int) -> Stream:
    folder.mkdir()
    return Told(folder, [sample(number, value) for number, value in enumerate(values)]).stream


def told(directory: JobDirectory, training: Stream, validation: Stream) -> list[str]:
    directory.output_data.mkdir(parents=True, exist_ok=True)
    with pytest.raises(ChannelError) as refusal, bad_passes_told(directory, validation, 0):
        list(made_of_good(training.read, training.one_pass(), 0))
    return str(refusal.value).splitlines()


def test_bad_samples_of_training_and_of_validation_are_told_at_once(tmp_path: Path) -> None:
    directory = JobDirectory(tmp_path / "job")
    lines = told(directory, stream_at(tmp_path / "t", 1, 9, 1), stream_at(tmp_path / "v", 1, 7))
    assert lines[0] == "the channels cannot be used, 2 problems:"
    assert [line.partition(", but ")[0] for line in lines[1:3]] == [
        "masks/1.png (line 2 of m) holds pixel value 9 in 64 pixels",
        "masks/1.png (line 2 of m) holds pixel value 7 in 64 pixels",
    ]
    report = json.loads((directory.output_data / "dataset.json").read_text())
    assert lines[3] == f"The whole report is {directory.output_data}/dataset.json."
    assert [finding["sentence"] for finding in report["findings"]] == lines[1:3]


def test_validation_that_was_read_before_is_not_read_again(tmp_path: Path) -> None:
    validation = stream_at(tmp_path / "v", 1, 1)
    list(made_of_good(validation.read, validation.one_pass(), 0))
    lines = told(JobDirectory(tmp_path / "job"), stream_at(tmp_path / "t", 9, 1), validation)
    assert lines[0] == "the channels cannot be used, 1 problem:"
    assert validation.passes == 1


def test_another_error_is_left_as_it_is(tmp_path: Path) -> None:
    validation = stream_at(tmp_path / "v", 7)
    with pytest.raises(UserError, match=r"^loss$"), bad_passes_told(JobDirectory(tmp_path / "job"), validation, 0):
        raise UserError("loss")
    assert validation.passes == 0
