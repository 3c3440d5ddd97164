"""Jobs that several processes of this machine train together, as a rehearsal of several machines."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from semseg.archive.checkpoint import newest_first, point_of
from semseg.contract.job_directory import JobDirectory
from semseg.contract.resource_config import resource_configuration
from tests.container.test_train import FILE_MODE, MODEL_FILES, failure_of, lay_out, lay_pytorch, start, stopped_after
from tests.endtoend import CHANNELS, SECONDS, wait_for_text

PYTORCH = {"engine": "pytorch", "mini_batch_size": 3, "epochs": 1000}


def rehearsal(root: Path, processes: int, hyperparameters: dict[str, Any] | None = None) -> JobDirectory:
    """A job's tree for so many processes."""
    root.mkdir(exist_ok=True)
    directory = lay_out(root, {**PYTORCH, **(hyperparameters or {})})
    directory.resource_config.write_text(json.dumps(resource_configuration("local", processes)))
    return directory


def wait_for_process(rank: int, directory: JobDirectory) -> None:
    """Waits until the process of this rank has started, though it can do nothing yet."""
    deadline = time.monotonic() + SECONDS
    while process_of(rank, directory) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def process_of(rank: int, directory: JobDirectory) -> int | None:
    """The PID of the process of this rank that trains the job in a directory; None while there is none."""
    wanted = {f"RANK={rank}".encode(), f"SAGEMAKER_BASE_DIR={directory.root}".encode()}
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted <= set(environment.read_bytes().split(b"\0")):
                return int(environment.parent.name)
        except OSError:
            continue
    return None


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JobDirectory, int, str]]:
    """A job of two processes that was stopped after its first checkpoint; its exit code and its log."""
    directory = rehearsal(tmp_path_factory.mktemp("processes") / "ml", 2)
    directory.checkpoints.mkdir()
    log = directory.root / "log.txt"
    exit_code = stopped_after("Saved checkpoint", directory, log)
    yield directory, exit_code, log.read_text()
    shutil.rmtree(directory.root)


@pytest.mark.slow
@pytest.mark.pytorch
def test_processes_that_are_stopped_leave_one_whole_model_and_one_log(
    stopped: tuple[JobDirectory, int, str],
) -> None:
    directory, exit_code, log = stopped
    assert exit_code == 0, log
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    assert not directory.failure.exists()
    assert not list(directory.root.glob(".process-*"))
    assert log.count("Docker entrypoint called with argument(s): train\n") == 1
    assert log.count("epoch: 0, train loss: ") == 1
    assert "] Training in 2 processes.\n" in log


@pytest.mark.pytorch
def test_processes_that_are_stopped_while_they_start_leave_one_whole_model(tmp_path: Path) -> None:
    directory = rehearsal(tmp_path / "ml", 2)
    log = tmp_path / "log.txt"
    with start(directory, log) as process:
        try:
            wait_for_process(1, directory)
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0, log.read_text()
        finally:
            process.kill()
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    assert not directory.failure.exists()
    shutil.rmtree(directory.root)


@pytest.mark.slow
@pytest.mark.pytorch
def test_three_processes_go_on_from_the_checkpoint_of_two_until_one_of_them_is_killed(
    stopped: tuple[JobDirectory, int, str], tmp_path: Path
) -> None:
    directory = rehearsal(tmp_path / "ml", 3)
    shutil.copytree(stopped[0].checkpoints, directory.checkpoints)
    newest = newest_first(path.name for path in directory.checkpoints.iterdir())[0]
    log = tmp_path / "log.txt"
    with start(directory, log) as process:
        try:
            wait_for_text(log, f"Resuming from checkpoint {directory.checkpoints}")
            wait_for_text(log, "validation mIOU: ")
            second = process_of(1, directory)
            assert second is not None
            os.kill(second, signal.SIGKILL)
            exit_code = process.wait(60)
        finally:
            process.kill()
    assert exit_code == 1
    written = directory.failure.read_text()
    assert written.startswith("process 1 of 3, counted from 0, was ended by SIGKILL: where memory")
    assert written.endswith("; the best parameters so far are kept")
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    assert not list(directory.root.glob(".process-*"))
    first = re.search(r"#quality_metric\. host: algo-1, epoch: (\d+), train loss", log.read_text())
    assert first is not None
    assert int(first[1]) == (point_of(newest) or (0, 0))[0]
    shutil.rmtree(directory.root)


@pytest.mark.slow
@pytest.mark.pytorch
def test_what_is_wrong_with_the_data_is_said_once_by_the_process_that_found_it(tmp_path: Path) -> None:
    directory = rehearsal(tmp_path / "ml", 2)
    (directory.channel("train") / "square_0.jpg").write_bytes(b"not a picture")
    log = tmp_path / "log.txt"
    with start(directory, log) as process:
        assert process.wait(SECONDS) == 1
    assert "\ntrain/square_0.jpg is no picture that can be read" in directory.failure.read_text()
    assert log.read_text().count("train/square_0.jpg") == 1
    assert sorted(directory.model.glob("*")) == []


def test_streams_are_refused_where_several_processes_would_read_them(tmp_path: Path) -> None:
    directory = rehearsal(tmp_path / "ml", 2, {"engine": "auto"})
    streamed = {**FILE_MODE, "TrainingInputMode": "Pipe", "RecordWrapperType": "RecordIO"}
    directory.input_data_config.write_text(json.dumps(dict.fromkeys(CHANNELS, streamed)))
    assert failure_of(directory) == (
        "channel train must have input mode File or FastFile in a job of 2 processes, got Pipe: a stream has one reader"
    )


def test_more_processes_than_a_batch_has_samples_are_never_started(tmp_path: Path) -> None:
    directory = rehearsal(tmp_path / "ml", 3, {"engine": "auto", "mini_batch_size": 2})
    assert failure_of(directory) == (
        "mini_batch_size must be at least the number of processes, 3, got 2: each takes its share of the batch; raise "
        "it, or train with fewer processes"
    )
    assert (directory.root / "log.txt").read_text().count("mini_batch_size") == 1


def test_a_broken_pytorch_fails_the_job_with_its_own_words(tmp_path: Path) -> None:
    directory = rehearsal(tmp_path / "ml", 2, {"precision_dtype": "bfloat16"})
    lay_pytorch(tmp_path / "broken", "raise OSError('libtorch.so: cannot open shared object file')")
    with start(directory, tmp_path / "log.txt", PYTHONPATH=str(tmp_path / "broken")) as process:
        assert process.wait(SECONDS) == 1
    assert directory.failure.read_text() == (
        "the algorithm failed with OSError: libtorch.so: cannot open shared object file"
    )


def test_a_number_of_processes_that_is_none_fails_the_job_with_a_sentence(tmp_path: Path) -> None:
    directory = rehearsal(tmp_path / "ml", 2)
    with start(directory, tmp_path / "log.txt", WORLD_SIZE="") as process:
        assert process.wait(SECONDS) == 1
    assert directory.failure.read_text().startswith("the environment variable WORLD_SIZE, which torchrun sets, must be")


@pytest.mark.engine
def test_mxnet_in_several_processes_is_refused(tmp_path: Path) -> None:
    directory = rehearsal(tmp_path / "ml", 2, {"engine": "mxnet"})
    assert failure_of(directory).startswith("MXNet trains in one process, and the job has 2; for PyTorch, ")
