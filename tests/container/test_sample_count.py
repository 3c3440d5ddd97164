from __future__ import annotations

import io
from pathlib import Path

import pytest

from semseg.container.sample_count import with_sample_count
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.stream_names import StreamOrder
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.data.stream import Stream
from semseg.data.stream_names import StreamNames
from semseg.errors import HyperparameterError
from semseg.local.files.stream_names import write_names
from semseg.training.job_log import JobLog

LEFT_OUT = Hyperparameters.from_strings({"num_classes": "2"})


def files(count: int) -> Dataset:
    return Dataset([Sample(Path("a.jpg"), Path("a.png"), "a")] * count, LabelMap.identity(), 2, "train")


def stream(names: dict[str, StreamNames]) -> Stream:
    return Stream(Path(), ["train"], LabelMap.identity(), 2, lambda: None, names)


def test_samples_are_counted_where_their_number_was_left_out() -> None:
    log = io.StringIO()
    assert with_sample_count(LEFT_OUT, files(3), JobLog(log)).num_training_samples == 3
    assert "num_training_samples was left out: 3 training samples were found." in log.getvalue()
    assert "num_training_samples" not in LEFT_OUT.to_strings()


def test_a_number_that_was_given_stays() -> None:
    log = io.StringIO()
    given = Hyperparameters.from_strings({"num_classes": "2", "num_training_samples": "7"})
    assert with_sample_count(given, files(3), JobLog(log)) is given
    assert log.getvalue() == ""


def test_the_samples_of_a_stream_are_counted_by_who_feeds_it(tmp_path: Path) -> None:
    write_names(tmp_path / "names", StreamOrder(2), [("a",), ("b",)])
    told = stream({"train": StreamNames(tmp_path / "names")})
    assert with_sample_count(LEFT_OUT, told, JobLog(io.StringIO())).num_training_samples == 2


def test_a_stream_of_which_nothing_is_known_needs_a_number() -> None:
    with pytest.raises(HyperparameterError, match=r"^num_training_samples must be set where channel train "):
        with_sample_count(LEFT_OUT, stream({}), JobLog(io.StringIO()))
