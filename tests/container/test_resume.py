"""Jobs that SIGKILL ends, started again on the same checkpoints, alone and in several processes."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from semseg.archive.checkpoint import point_of
from semseg.contract.job_directory import JobDirectory
from tests.container.test_contract import ONE_THREAD, parameters
from tests.container.test_processes import process_of, rehearsal
from tests.container.test_train import start
from tests.endtoend import SECONDS, wait_for_text

pytestmark = [pytest.mark.slow]

EPOCHS = 3
LONGEST = 3 * SECONDS  # for jobs of one thread a process, where others need the machine too
# A batch begins in one epoch and ends in the next; sgd's momentum must be kept; FCN has dropout in both heads.
JOB = {"epochs": EPOCHS, "mini_batch_size": 3, "optimizer": "sgd", "learning_rate": 0.003, "seed": 7, "syncbn": True}
METRIC = re.compile(r"#quality_metric\. host: algo-1, (epoch: \d+, .*) \.$", re.M)


@dataclass(frozen=True)
class Ended:
    """A job that came to its end, and the log of its last start."""

    directory: JobDirectory
    log: str

    def metrics(self, from_epoch: int = 0) -> list[str]:
        """The losses and scores of the log from this epoch on, as it has them."""
        found = METRIC.findall(self.log)
        return [line for line in found if int(line.split(",")[0].split()[1]) >= from_epoch]

    def losses(self) -> list[float]:
        return [float(line.split()[-1]) for line in self.metrics() if "train loss" in line]


def laid_out(root: Path, processes: int = 1, hyperparameters: dict[str, object] | None = None) -> JobDirectory:
    directory = rehearsal(root, processes, {**JOB, **(hyperparameters or {})})
    directory.checkpoints.mkdir()
    return directory


def run(directory: JobDirectory) -> Ended:
    log = directory.root / "log.txt"
    with start(directory, log, **ONE_THREAD) as process:
        try:
            exit_code = process.wait(LONGEST)
        finally:
            process.kill()
    assert exit_code == 0, log.read_text()
    return Ended(directory, log.read_text())


def kill_in(epoch: int, directory: JobDirectory, processes: int = 1) -> None:
    """Starts a job, and kills it once it has made a step of this epoch, counted from 0."""
    log = directory.root / "killed.txt"
    with start(directory, log, **ONE_THREAD) as process:
        try:
            wait_for_text(log, f"#progress_notice. epoch: {epoch}, iterations: 1 ")
            ranks = [process_of(rank, directory) for rank in range(processes)] if processes > 1 else [process.pid]
            for pid in ranks:
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            assert process.wait(SECONDS) == (-signal.SIGKILL if processes == 1 else 1)
        finally:
            process.kill()
    assert newest(directory) == epoch


def newest(directory: JobDirectory) -> int:
    """How many epochs the newest checkpoint is of."""
    return max(point_of(path.name) or (0, 0) for path in directory.checkpoints.glob("epoch-*"))[0]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("resume")
    yield place
    shutil.rmtree(place)  # parameters are large


# Four steps an epoch, after each of which the state is saved, while the loss is taken after three.
EACH_STEP = {"mini_batch_size": 1, "_checkpoint_seconds": 0, "_logging_frequency": 3}
KILLS = 3


@pytest.mark.parametrize(
    "engine", [pytest.param("mxnet", marks=pytest.mark.engine), pytest.param("pytorch", marks=pytest.mark.pytorch)]
)
@pytest.mark.timeout(1800)
def test_a_job_that_is_killed_at_random_moments_ends_bit_for_bit_as_one_that_is_not(place: Path, engine: str) -> None:
    rng = random.Random(7)
    usual = {**EACH_STEP, "_checkpoint_seconds": 300, "engine": engine, "syncbn": False}
    undisturbed = run(laid_out(place / f"undisturbed_{engine}", hyperparameters=usual))
    directory = laid_out(place / f"killed_{engine}", hyperparameters={**usual, **EACH_STEP})
    log = directory.root / "killed.txt"
    for _ in range(KILLS):
        with start(directory, log, **ONE_THREAD) as process:
            try:
                wait_for_text(log, "Saved checkpoint")
                time.sleep(rng.uniform(0, 2))
            finally:
                process.kill()
    resumed = run(directory)
    assert "Resuming from checkpoint" in resumed.log
    assert parameters(directory) == parameters(undisturbed.directory)
    whole = undisturbed.metrics()
    assert resumed.metrics() == whole[len(whole) - len(resumed.metrics()) :]
    evaluations = [(each.output_data / "evaluation.json").read_bytes() for each in (directory, undisturbed.directory)]
    assert evaluations[0] == evaluations[1]


@pytest.mark.pytorch
@pytest.mark.timeout(1200)
def test_a_job_that_is_killed_in_each_later_epoch_ends_bit_for_bit_as_one_that_is_not(place: Path) -> None:
    undisturbed = run(laid_out(place / "undisturbed"))
    directory = laid_out(place / "killed")
    kill_in(1, directory)
    kill_in(2, directory)
    resumed = run(directory)
    assert f"Resuming from checkpoint {directory.checkpoints}/epoch-0002: 2 epochs are done." in resumed.log
    assert parameters(directory) == parameters(undisturbed.directory)
    assert resumed.metrics() == undisturbed.metrics(2)
    assert len(resumed.losses()) == 1
    evaluation = "evaluation.json"
    written = [(each.output_data / evaluation).read_bytes() for each in (directory, undisturbed.directory)]
    assert written[0] == written[1]


def go_on(directory: JobDirectory, root: Path, processes: int) -> Ended:
    """What so many processes make of the checkpoints of another job."""
    other = laid_out(root, processes)
    shutil.copytree(directory.checkpoints, other.checkpoints, dirs_exist_ok=True)
    return run(other)


@pytest.mark.pytorch
@pytest.mark.timeout(1800)
def test_two_processes_that_are_killed_end_bit_for_bit_and_other_numbers_near_them(place: Path) -> None:
    undisturbed = run(laid_out(place / "undisturbed_2", 2))
    killed = laid_out(place / "killed_2", 2)
    kill_in(1, killed, 2)
    again = go_on(killed, place / "on_2", 2)
    assert parameters(again.directory) == parameters(undisturbed.directory)
    assert again.metrics() == undisturbed.metrics(1)
    assert len(again.losses()) == 2
    for processes in (1, 3):
        resumed = go_on(killed, place / f"on_{processes}", processes)
        # dropout, which each process draws for itself; the engines' own tests compare without it
        assert resumed.losses() == pytest.approx(again.losses(), rel=0.05)
        assert parameters(resumed.directory) != parameters(again.directory)
