"""What the training command leaves when it fails: the reason, and a whole model where there is one."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest

from semseg.archive.model_artifact import pack
from semseg.container import job, train
from semseg.container.failure import LIMIT, end_failure_with, write_failure
from semseg.contract.job_directory import JobDirectory
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog
from tests.container.test_train import MODEL_FILES, lay_out, start
from tests.endtoend import SECONDS, wait_for_text

ENDING = "; the best parameters so far are kept"


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    directory = JobDirectory(tmp_path)
    directory.model.mkdir()
    return directory


def scored(directory: JobDirectory) -> None:
    """Leaves what lies there after a first validation."""
    (directory.model / "hyperparams.json").write_text(json.dumps({"num_classes": "2"}))
    (directory.model / "model_best.params").write_bytes(b"best")
    (directory.model / f".model_algo-1.{'0a' * 16}.part").write_bytes(b"cut")


def fail(directory: JobDirectory, error: Exception) -> str:
    assert train.failed(directory, JobLog(io.StringIO()), error) == 1
    return directory.failure.read_text()


def test_a_job_that_fails_after_it_was_scored_leaves_a_whole_model_and_says_so(directory: JobDirectory) -> None:
    scored(directory)
    assert fail(directory, ChannelError("train/7.jpg has vanished")) == f"train/7.jpg has vanished{ENDING}"
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    pack(directory.model, directory.root / "model.tar.gz")


def test_a_long_reason_leaves_room_for_what_is_kept(directory: JobDirectory) -> None:
    scored(directory)
    written = fail(directory, ChannelError("\n".join("v" * 500 for _ in range(3))))
    assert LIMIT // 2 < len(written) <= LIMIT
    assert written.endswith(ENDING)


def test_a_job_that_fails_before_has_none_to_tell_of(directory: JobDirectory) -> None:
    assert fail(directory, ChannelError("train/7.jpg has vanished")) == "train/7.jpg has vanished"
    assert not list(directory.model.iterdir())


def test_an_ending_is_added_once(directory: JobDirectory) -> None:
    write_failure(directory, "process 1 ran out of memory")
    for _ in range(2):
        end_failure_with(directory, ENDING)
    assert directory.failure.read_text() == f"process 1 ran out of memory{ENDING}"


def test_what_an_earlier_run_left_is_removed_but_for_its_model(directory: JobDirectory) -> None:
    scored(directory)
    write_failure(directory, "it failed")
    (directory.output / f".failure.{'0a' * 16}.part").touch()
    train.remove_leftovers(directory)
    assert sorted(path.name for path in directory.model.iterdir()) == ["hyperparams.json", "model_best.params"]
    assert not list(directory.output.iterdir())


def test_what_an_earlier_run_made_of_other_parameters_is_removed(directory: JobDirectory) -> None:
    for name in ("checksums.json", "model.xml", "export.json", "model_best.params"):
        (directory.model / name).touch()
    job.remove_made_of_parameters(directory)
    assert [path.name for path in directory.model.iterdir()] == ["model_best.params"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "engine", [pytest.param("mxnet", marks=pytest.mark.engine), pytest.param("pytorch", marks=pytest.mark.pytorch)]
)
def test_a_picture_that_vanishes_ends_the_job_and_leaves_its_best_parameters(tmp_path: Path, engine: str) -> None:
    directory = lay_out(tmp_path, {"epochs": 1000, "engine": engine})
    log = tmp_path / "log.txt"
    with start(directory, log) as process:
        try:
            wait_for_text(log, "#progress_notice. epoch: 1, ")
            (directory.channel("train") / "square_2.jpg").unlink()
            assert process.wait(SECONDS) == 1
        finally:
            process.kill()
    written = directory.failure.read_text()
    assert written.startswith("train/square_2.jpg")
    assert written.endswith(ENDING)
    assert sorted(path.name for path in directory.model.iterdir()) == MODEL_FILES
    pack(directory.model, tmp_path / "model.tar.gz")
    shutil.rmtree(tmp_path)
