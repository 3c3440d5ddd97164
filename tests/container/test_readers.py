from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from semseg.container.engines import trains_on_gpu
from semseg.container.readers import most_processes, most_threads, open_readers
from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.stream import Stream
from tests.machine.machines import BARE, T4

FILES = Dataset([], LabelMap.identity(), 2, "train")
CHECKED_WHEN_READ = UncheckedDataset([], LabelMap.identity(), 2, "train")
STREAM = Stream(Path(), ["train"], LabelMap.identity(), 2, lambda: None)


def test_processes_read_files_for_a_gpu() -> None:
    with open_readers(FILES, is_on_gpu=True, workers=1) as readers:
        assert readers is not None
        assert list(readers.map(len, ["", "a"], 0)) == [0, 1]


@pytest.mark.parametrize(
    ("dataset", "is_on_gpu", "workers"),
    [
        pytest.param(FILES, False, 1, id="on the processor"),
        pytest.param(CHECKED_WHEN_READ, True, 1, id="checked when read"),
        pytest.param(STREAM, True, 1, id="in a stream"),
        pytest.param(FILES, True, 0, id="no readers are wished for"),
    ],
)
def test_the_training_process_reads_everything_else(dataset: Dataset | Stream, is_on_gpu: bool, workers: int) -> None:
    with open_readers(dataset, is_on_gpu, workers) as readers:
        assert readers is None


@pytest.mark.parametrize(
    ("workers", "cores", "local_size", "processes", "threads"),
    [
        (16, 16, 1, 15, 16),
        (16, 4, 1, 3, 8),
        (2, 16, 1, 2, 2),
        (0, 16, 1, 0, 0),
        (16, 1, 1, 1, 2),
        (16, 32, 4, 7, 16),
        (16, 32, 8, 3, 8),
        (16, 2, 4, 1, 1),
    ],
)
def test_the_cores_of_a_machine_are_shared_out_among_the_readers_of_its_training_processes(
    workers: int, cores: int, local_size: int, processes: int, threads: int
) -> None:
    assert most_processes(workers, cores, local_size) == processes
    assert most_threads(workers, cores, local_size) == threads


@pytest.mark.parametrize(
    ("engine", "instance_type", "has_gpu", "answer"),
    [
        ("pytorch", "local_gpu", True, True),
        ("pytorch", "ml.g5.xlarge", True, True),
        ("pytorch", "ml.c5.xlarge", False, False),
        ("pytorch", "local", True, False),
        ("mxnet", "local_gpu", True, False),  # no edition with CUDA is installed
    ],
)
def test_an_engine_trains_on_a_gpu_where_there_is_one_that_it_can_use(
    engine: str, instance_type: str, has_gpu: bool, answer: bool
) -> None:
    versions = {**BARE.versions, "torch": "2.13.0", "safetensors": "0.8.0", "mxnet": "1.9.1"}
    gpus = (T4,) if has_gpu else ()
    machine = replace(BARE, versions=versions, gpus=gpus, has_driver=has_gpu, pytorch_has_cuda=True)
    assert trains_on_gpu(engine, instance_type, machine) is answer


def test_macs_gpu_is_one_too() -> None:
    machine = replace(BARE, versions={"torch": "2.13.0"}, system="Darwin", architecture="arm64")
    assert trains_on_gpu("pytorch", "local_gpu", machine)
    assert not trains_on_gpu("pytorch", "local", machine)
