"""The short form of scripts/try_endpoint."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from benchmarks import load
from tests.faults import fuzz, kills, scenarios
from tests.faults.scenarios import Stage
from tests.faults.served import REPOSITORY, SECONDS, Served, tracebacks

FAKE = (sys.executable, "-m", "tests.serving.fake_serve", "BrightnessNetwork")
UNTIMED = float("inf")  # seconds that /ping may take: the machine of a test may do other things too

OWN = {
    "a full disk behind the log": scenarios.full_disk_behind_the_log,
    "a killed front": scenarios.front_killed,
    "SIGTERM under load": partial(scenarios.sigterm_under_load, clients=4),
}
STRICT = {
    "a full queue": scenarios.full_queue,
    "clients that leave": scenarios.left_places,
    "a stuck engine": scenarios.stuck_engine,
    "bodies that do not come": partial(scenarios.slow_bodies, connections=30),
    "headers that do not come": partial(scenarios.slow_headers, connections=50, seconds=2),
    "answers that nobody reads": partial(scenarios.silent_readers, seconds=1),
}


def untimed(faults: list[str]) -> list[str]:
    """Without those of time."""
    return [fault for fault in faults if not (fault.startswith("/ping took") or fault.endswith(kills.SLOW))]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Stage(tmp_path_factory.mktemp("job"), FAKE).serve() as server:
        yield server


def test_fuzzed_requests_show_no_fault(served: Served, tmp_path: Path) -> None:
    report = fuzz.run(served, seed=1, numbers=range(250), folder=tmp_path)
    assert untimed(report.faults) == []
    assert sum(report.kinds.values()) == 250
    assert report.statuses["200"] > 100


def test_load_is_answered_without_a_failure(served: Served) -> None:
    report = load.run(served, seconds=1, clients=4, paths=[])
    assert untimed(report.faults) == []
    assert report.times


def test_no_request_is_lost_or_answered_wrong_where_engines_are_killed(served: Served) -> None:
    report = kills.run(served, times=2, clients=4)
    assert untimed(report.faults) == []
    assert len(report.back) == 2


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Stage(tmp_path_factory.mktemp("job"), FAKE).serve(**scenarios.STRICT) as server:
        yield server


@pytest.mark.parametrize("scenario", STRICT.values(), ids=STRICT.keys())
def test_a_fault_is_borne_as_promised(strict: Served, scenario: Callable[[Served], list[str]]) -> None:
    assert scenario(strict) == []
    assert tracebacks(strict.log) == []


@pytest.mark.parametrize("scenario", OWN.values(), ids=OWN.keys())
def test_a_fault_that_ends_a_server_is_borne_as_promised(
    tmp_path: Path, scenario: Callable[[Stage], list[str]]
) -> None:
    assert scenario(Stage(tmp_path, FAKE, UNTIMED)) == []


@pytest.mark.engine
@pytest.mark.slow
def test_a_real_network_bears_fuzz_and_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.random_model", str(tmp_path)]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=SECONDS)
    with Stage(tmp_path).serve() as served:
        fuzzed = fuzz.run(served, seed=2, numbers=range(40), folder=tmp_path)
        killed = kills.run(served, times=1, clients=3)
    assert untimed(fuzzed.faults) == []
    assert untimed(killed.faults) == []
