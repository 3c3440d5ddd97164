from __future__ import annotations

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from semseg.engines.group import Group
from semseg.errors import PlatformError
from tests.engines.pytorch.in_group import in_group, outcomes, start

pytestmark = pytest.mark.pytorch

TASKS = "tests.engines.pytorch.group_tasks"


def differences(ours: list[list[float]], others: list[list[float]]) -> float:
    return max(float(np.abs(np.subtract(one, other)).max()) for one, other in zip(ours, others))


@pytest.fixture(scope="module", params=[pytest.param(2, marks=pytest.mark.slow), 3])
def found(request: pytest.FixtureRequest) -> list[dict[str, Any]]:
    """What each process of a group found in the tasks that end well."""
    return in_group(TASKS, "all_in_turn", request.param)


def test_every_process_gets_the_sum_of_the_arrays_of_all(found: list[dict[str, Any]]) -> None:
    size = len(found)
    assert found == [found[0]] * size
    ranks = sum(range(size))
    assert found[0]["arrays_of_all_kinds"] == [
        [[size + ranks], "int64", [1]],
        [[[place * size + ranks, (place + 3) * size + ranks] for place in range(3)], "float32", [3, 2]],
        [0.5 * size, "float64", []],
        [[], "float64", [0, 4]],
    ]


def test_it_keeps_the_protocol_of_groups() -> None:
    from semseg.engines.pytorch.process_group import ProcessGroup

    kind: type[Group] = ProcessGroup  # mypy holds this line
    assert callable(kind.sum)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_processes_of_one_machine_listen_to_no_other(found: list[dict[str, Any]]) -> None:
    here = "0100007F"  # 127.0.0.1, as Linux writes it
    assert [each["addresses_listened_at"] for each in found] == [[here]] * len(found)


def test_the_others_are_told_why_a_process_failed() -> None:
    first, second = outcomes(start(TASKS, "last_says_why", 2))
    sentence = "the memory of the GPU is full"
    assert second.error == sentence
    assert first.error == f"process 1 of this job failed: {sentence}"


@pytest.mark.slow
@pytest.mark.parametrize("task", ["third_ends", "third_fails"])
def test_the_others_end_with_a_sentence_once_a_process_is_gone(task: str) -> None:
    began = time.monotonic()
    first, second, third = outcomes(start(TASKS, task, 3))
    assert (first.status, second.status) == (3, 3)
    assert third.status == (-signal.SIGKILL if task == "third_ends" else 1)
    for outcome in (first, second):
        assert outcome.error.startswith("another process of this job has ended, and its own log says why; start the")
    assert time.monotonic() - began < 60


def test_a_process_that_is_killed_in_its_backward_pass_ends_the_others() -> None:
    first, second = outcomes(start(TASKS, "killed_in_backward", 2))
    assert second.status == -signal.SIGKILL
    assert first.error.startswith("another process of this job has ended")


@pytest.mark.slow
def test_a_process_that_is_late_is_waited_for() -> None:
    assert in_group(TASKS, "last_is_late", 2) == [2.0, 2.0]


class LateWork:
    """A sum that is there in the moment after the first wait for it was given up."""

    is_given_up = False

    def wait(self, timeout: timedelta = timedelta(0)) -> bool:
        if not self.is_given_up:
            self.is_given_up = True
            raise RuntimeError("Operation timed out!")
        return True

    def is_completed(self) -> bool:
        return self.is_given_up


def test_a_sum_that_comes_just_after_the_wait_for_it_is_no_failure() -> None:
    from semseg.engines.pytorch.process_group import is_done

    assert is_done(LateWork())


@pytest.mark.slow
def test_a_process_that_no_longer_answers_is_given_up() -> None:
    processes = start(TASKS, "third_stops", 3, silence=9)
    try:
        ended = outcomes(processes[:2])
    finally:
        processes[2].kill()
        processes[2].communicate()
    for outcome in ended:
        # PyTorch would wait for the sum before the process ends; an alarm ends it
        assert outcome.status in (3, -signal.SIGALRM)
        assert outcome.error.startswith("process 2 of this job has given no sign of life for 9 seconds: its machine is")


@pytest.mark.slow
def test_a_process_that_no_longer_answers_is_not_waited_for_on_a_gpu() -> None:
    first, second = start(TASKS, "second_leaves_a_gpu_waiting", 2, silence=9)
    try:
        (ended,) = outcomes([first])
    finally:
        second.kill()
        second.communicate()
    assert ended.error.startswith("process 1 of this job has given no sign of life for 9 seconds: its machine is")


@pytest.mark.slow
def test_a_gpu_that_fails_in_a_sum_ends_the_job_with_a_sentence() -> None:
    for ended in outcomes(start(TASKS, "gpu_fails", 2)):
        assert ended.error.startswith("another process of this job has ended")


def test_a_process_counts_as_dead_only_once_it_was_silent_for_long_enough(tmp_path: Path) -> None:
    from torch.distributed.rendezvous import rendezvous

    from semseg.engines.pytorch.heartbeat import Heartbeat

    store, *_ = next(rendezvous(f"file://{tmp_path}/store", 0, 2))
    ours, theirs = (Heartbeat(store, rank, 2, silence=2) for rank in (0, 1))
    time.sleep(3)
    ours.check()
    theirs.stop()
    ours.check()
    time.sleep(3)
    with pytest.raises(PlatformError, match=r"^process 1 of this job has given no sign of life for 2 seconds"):
        ours.check()
    ours.stop()


def test_a_batch_that_is_shared_out_gives_the_parameters_of_the_whole(found: list[dict[str, Any]]) -> None:
    """Of two samples over three processes, one share is empty."""
    from tests.engines.pytorch.group_tasks import FEW, WHOLE, Network, train

    untrained, whole, few = (train(Network(None), parts, None) for parts in ([], WHOLE, FEW))
    assert differences(untrained, whole) > 0.01
    for way, parameters in found[0]["train_in_many_ways"].items():
        assert differences(parameters, few if way == "few" else whole) < 1e-6, way


def test_a_process_that_computes_nothing_adds_nothing(found: list[dict[str, Any]]) -> None:
    assert found[-1]["gradient_without_backward"] == [2.0, 2.0, 2.0]


def test_running_statistics_become_their_mean(found: list[dict[str, Any]]) -> None:
    mean = (len(found) - 1) / 2
    assert found[-1]["averages"] == [[mean, mean + 1], [10 * mean]]


def test_one_process_is_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from semseg.engines.group import ALONE
    from semseg.engines.pytorch.process_group import from_environment, local_rank

    assert "WORLD_SIZE" not in os.environ
    assert local_rank() == 0
    for size in (None, "1"):
        if size:
            monkeypatch.setenv("WORLD_SIZE", size)
        with from_environment(torch.device("cpu")) as group:
            assert group is ALONE


def test_half_of_the_variables_of_torchrun_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from semseg.engines.pytorch.process_group import from_environment

    monkeypatch.setenv("WORLD_SIZE", "2")
    refusal = pytest.raises(PlatformError, match=r"^WORLD_SIZE is set, so that torchrun's other variables must be too")
    with refusal, from_environment(torch.device("cpu")):
        pass
