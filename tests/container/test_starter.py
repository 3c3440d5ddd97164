"""The processes that train a job together, as far as no engine is needed for it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from semseg.container.place import Place
from semseg.container.starter import Member, Plan, planned, processes_here, run_together
from semseg.contract.job_directory import JobDirectory
from semseg.contract.resource_config import Resources, resource_configuration
from semseg.errors import PlatformError, UserError
from tests.endtoend import CHANNELS, ROOT, SECONDS


def run(folder: Path, *behaviours: str, stop: threading.Event | None = None, grace: float = 60) -> Member | None:
    """Runs processes with these behaviours, and returns the one that made them fail."""
    plan = Plan(Resources("local"), len(behaviours))
    command = (sys.executable, "-m", "tests.container.member", str(folder), *behaviours)
    return run_together(plan, stop or threading.Event(), command, grace)


def environment_of(folder: Path, rank: int) -> dict[str, str]:
    """The environment that a process found, and its PID."""
    deadline = time.monotonic() + SECONDS
    while not (folder / str(rank)).exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    found: dict[str, str] = json.loads((folder / str(rank)).read_text())
    return found


def lay_out(root: Path, machines: Mapping[str, Any], **hyperparameters: str) -> JobDirectory:
    directory = JobDirectory(root)
    directory.hyperparameters.parent.mkdir(parents=True)
    given = {"num_classes": "2", "num_training_samples": "4", **hyperparameters}
    directory.hyperparameters.write_text(json.dumps(given))
    directory.resource_config.write_text(json.dumps(machines))
    directory.input_data_config.write_text(json.dumps({channel: {} for channel in CHANNELS}))
    return directory


def test_processes_that_end_well_find_torchruns_variables(tmp_path: Path) -> None:
    assert run(tmp_path, "end 0", "end 0") is None
    found = [environment_of(tmp_path, rank) for rank in (0, 1)]
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR")
    assert [[each[name] for name in names] for each in found] == [
        ["0", "2", "0", "2", "127.0.0.1"],
        ["1", "2", "1", "2", "127.0.0.1"],
    ]
    assert found[0]["MASTER_PORT"] == found[1]["MASTER_PORT"]
    assert int(found[0]["OMP_NUM_THREADS"]) >= 1


def test_the_one_that_failed_by_itself_is_the_cause_and_not_the_one_that_saw_it(tmp_path: Path) -> None:
    cause = run(tmp_path, "end 3", "end 1", "end 3")
    assert cause is not None
    assert cause.place.rank == 1
    assert cause.said_why
    assert cause.reason() == "process 1 of 3, counted from 0, ended with exit code 1"


def test_a_process_that_was_killed_is_named_with_the_signal(tmp_path: Path) -> None:
    cause = run(tmp_path, "end 3", "be killed")
    assert cause is not None
    assert not cause.said_why
    assert cause.reason() == (
        "process 1 of 2, counted from 0, was ended by SIGKILL: where memory ran out, fewer processes, a lower "
        "mini_batch_size or a higher accumulate needs less"
    )


def test_one_that_does_not_notice_the_end_of_another_is_ended(tmp_path: Path) -> None:
    cause = run(tmp_path, "wait", "end 1", grace=0.1)
    assert cause is not None
    assert cause.place.rank == 1


def test_a_request_to_stop_reaches_all_processes(tmp_path: Path) -> None:
    stop, ended = threading.Event(), []
    thread = threading.Thread(target=lambda: ended.append(run(tmp_path, "wait", "wait", stop=stop)))
    thread.start()
    for rank in (0, 1):
        environment_of(tmp_path, rank)
    stop.set()
    thread.join(SECONDS)
    assert ended == [None]


def test_a_request_to_stop_reaches_processes_that_have_only_just_started(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert run(tmp_path, "wait", "wait", stop=stop) is None


def test_the_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    program = (
        "import sys, threading; from semseg.container.starter import *;"
        "run_together(Plan(Resources('local'), 2), threading.Event(), sys.argv[1:])"
    )
    command = (sys.executable, "-m", "tests.container.member", str(tmp_path), "wait", "wait")
    with subprocess.Popen([sys.executable, "-c", program, *command], cwd=ROOT) as starter:
        processes = [int(environment_of(tmp_path, rank)["PID"]) for rank in (0, 1)]
        starter.kill()
    deadline = time.monotonic() + SECONDS
    while any(is_alive(process) for process in processes):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(process: int) -> bool:
    """Whether a process is there, and not merely waits to be reaped."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_each_machine_starts_its_own_share_of_the_processes() -> None:
    hosts = ("algo-1", "algo-10", "algo-2")
    plan = Plan(Resources("ml.g5.12xlarge", hosts, "algo-10", "eth0"), 4)
    assert plan.size == 12
    assert plan.places() == [Place(rank, 12, 4, True) for rank in (4, 5, 6, 7)]


def test_machines_without_a_name_are_waited_for_until_the_job_is_stopped() -> None:
    stop = threading.Event()
    stop.set()
    plan = Plan(Resources("ml.m5.large", ("localhost", "nowhere.invalid"), "localhost"), 1)
    sentence = r"^machine nowhere\.invalid of resourceconfig\.json cannot be found by its name$"
    with pytest.raises(PlatformError, match=sentence):
        run_together(plan, stop)


def test_a_job_of_the_processor_is_one_process_unless_more_are_asked_for(tmp_path: Path) -> None:
    assert planned(lay_out(tmp_path / "one", resource_configuration("local"))).size == 1
    assert planned(JobDirectory(tmp_path / "nothing")).size == 1


@pytest.mark.pytorch
def test_a_rehearsal_has_as_many_processes_as_there_would_be_machines(tmp_path: Path) -> None:
    assert planned(lay_out(tmp_path, resource_configuration("local", 3))) == Plan(
        Resources("local", interface="lo", processes_per_host=3), 3
    )


@pytest.mark.pytorch
def test_more_processes_than_may_train_a_job_are_never_started(tmp_path: Path) -> None:
    batch = lay_out(tmp_path / "batch", resource_configuration("local", 3), mini_batch_size="2")
    with pytest.raises(UserError, match=r"^mini_batch_size must be at least the number of processes, 3, got 2: "):
        planned(batch)
    machines = {"hosts": ["algo-1", "algo-2"], "current_host": "algo-1", "current_instance_type": "ml.m5.large"}
    hosts = lay_out(tmp_path / "hosts", machines, mini_batch_size="1")
    with pytest.raises(UserError, match=r"^mini_batch_size must be at least the number of processes, 2, got 1: "):
        planned(hosts)
    many = lay_out(tmp_path / "many", resource_configuration("local", 1000), mini_batch_size="1000")
    with pytest.raises(UserError, match=r'^instance_count must be at most \d+ with instance_type "local"'):
        planned(many)


ONE, TWO = Resources("ml.g5.12xlarge"), Resources("ml.g5.12xlarge", ("algo-1", "algo-2"))


@pytest.mark.parametrize(
    ("machines", "is_streamed", "expected"),
    [(ONE, False, 4), (ONE, True, 1), (TWO, False, 4), (TWO, True, 4), (Resources(processes_per_host=3), True, 3)],
)
def test_a_machine_has_a_process_for_each_gpu_unless_a_stream_has_one_reader(
    machines: Resources, is_streamed: bool, expected: int
) -> None:
    assert processes_here(machines, 4, is_streamed) == expected


@pytest.mark.pytorch
def test_a_stream_for_several_machines_is_still_refused_on_them(tmp_path: Path) -> None:
    machines = {"hosts": ["algo-1", "algo-2"], "current_host": "algo-1", "current_instance_type": "ml.m5.large"}
    directory = lay_out(tmp_path, machines)
    streamed = {"TrainingInputMode": "Pipe", "RecordWrapperType": "RecordIO"}
    directory.input_data_config.write_text(json.dumps(dict.fromkeys(CHANNELS, streamed)))
    assert planned(directory).size == 2


def test_a_job_that_cannot_be_trained_is_one_process_which_says_why(tmp_path: Path) -> None:
    bad = lay_out(tmp_path / "bad", resource_configuration("local", 3), learning_rate="fast")
    assert planned(bad).size == 1
    mxnet = lay_out(tmp_path / "mxnet", resource_configuration("local", 3), engine="mxnet")
    assert planned(mxnet).size == 1
    lost = lay_out(tmp_path / "lost", {"hosts": ["algo-1"], "current_host": "algo-2"})
    assert planned(lost).size == 1
