"""Real jobs of this machine whose processes are killed, and which end bit for bit as one that was left alone."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import semseg
from semseg.errors import TrainingError
from semseg.local.process.process import wait_until_unlocked
from tests.endtoend import SECONDS, folder_of, home_at, small_estimator, wait_for_text, write_channels
from tests.trained import archive_of, job_of

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(1200)]

JOB = {"epochs": 3, "seed": 7, "optimizer": "sgd", "learning_rate": 0.003}
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with home_at(tmp_path_factory.mktemp("resumed")) as place:
        yield place


@pytest.fixture(scope="module")
def channels(place: Path) -> dict[str, str]:
    return write_channels(place / "data")


@pytest.fixture(scope="module")
def undisturbed(channels: dict[str, str]) -> bytes:
    """The archive of the job that was left alone."""
    estimator = small_estimator(JOB, environment=ONE_THREAD)
    estimator.fit(channels, logs=False)
    return archive_of(estimator).read_bytes()


def processes_of(estimator: semseg.Estimator) -> tuple[int, int]:
    """The ids of the training process and of its supervisor."""
    training = int(folder_of(estimator).training_lock.read_text())
    parent = re.search(r"^PPid:\s+(\d+)$", Path(f"/proc/{training}/status").read_text(), re.M)
    assert parent is not None
    return training, int(parent[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the parent of a process")
@pytest.mark.parametrize("killed", [(0,), (1,), (0, 1)], ids=["trainer", "supervisor", "both"])
def test_a_job_whose_processes_are_killed_goes_on_and_ends_as_one_that_was_left_alone(
    channels: dict[str, str], undisturbed: bytes, killed: tuple[int, ...], request: pytest.FixtureRequest
) -> None:
    name = f"killed-{request.node.callspec.id}"
    first = small_estimator(JOB, environment=ONE_THREAD)
    first.fit(channels, wait=False, job_name=name)
    folder = folder_of(first)
    wait_for_text(folder.log, "#progress_notice. epoch: 1, iterations: 1 ")
    processes = processes_of(first)
    for number in killed:
        os.kill(processes[number], signal.SIGKILL)
    assert wait_until_unlocked(folder.lock, SECONDS)
    with pytest.raises(TrainingError, match=rf'after 1 of 3 epochs.*: Estimator.attach\("{name}"\).resume\(\)$'):
        job_of(first).wait(logs=False)
    attached = semseg.Estimator.attach(name)
    assert archive_of(attached).is_file()  # the best model so far
    attached.resume(logs=False)
    assert job_of(attached).describe()["TrainingJobStatus"] == "Completed"
    assert archive_of(attached).read_bytes() == undisturbed
