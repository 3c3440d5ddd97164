"""A job that takes one of several GPUs says so, and why."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from semseg.container.splits import Split
from semseg.container.train import tell_of_idle_devices
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.stream import Stream
from semseg.training.job_log import JobLog


@pytest.mark.parametrize(("is_streamed", "devices", "is_said"), [(True, 4, True), (True, 1, False), (False, 4, False)])
def test_a_stream_keeps_a_job_to_one_gpu(tmp_path: Path, is_streamed: bool, devices: int, is_said: bool) -> None:
    stream = Stream(tmp_path, ["train", "train_annotation"], LabelMap.identity(), 2, lambda: None)
    dataset = Dataset([], LabelMap.identity(), 2, "train")
    log = io.StringIO()
    tell_of_idle_devices([Split("train", stream if is_streamed else dataset)], lambda: devices, JobLog(log))
    sentence = "Training on one of 4 GPUs: channel train is in Pipe mode, and a stream has one reader."
    assert (sentence in log.getvalue()) == is_said
    assert bool(log.getvalue()) == is_said
