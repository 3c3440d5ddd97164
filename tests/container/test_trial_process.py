"""Steps are tried in a process of their own, by children that only play an engine."""

from __future__ import annotations

import sys

import pytest

from semseg.container.trial_process import TrialJob, TrialProcess
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.out_of_memory import OutOfMemory
from semseg.errors import PlatformError
from tests.container.test_memory_plan import Memory

GIVEN = Hyperparameters.from_strings({"num_classes": "2", "crop_size": "50", "time_budget": "10m"})
# Reads the job, and answers each number of samples but for what is put in the place of {}.
CHILD = """
import json, os, signal, socket, sys
lines = socket.socket(fileno=int(sys.argv[1])).makefile("rw")
job = json.loads(lines.readline())
assert (job["engine"], job["devices"], job["hyperparameters"]["crop_size"]) == ("mxnet", 1, "50"), job
for line in lines:
    samples = int(line)
    {}
    lines.write(json.dumps({{"bytes": 100 * samples}}) + chr(10))
    lines.flush()
"""


def trial_that(does: str = "pass") -> TrialProcess:
    command = (sys.executable, "-S", "-c", CHILD.format(does))
    return TrialProcess(TrialJob("mxnet", GIVEN, "local", 1), Memory(10, held_bytes=5000), command)


def test_what_the_child_needs_comes_to_what_this_process_has() -> None:
    trial = trial_that()
    assert [trial.peak_of(samples) for samples in (1, 2, 4)] == [5100, 5200, 5400]
    trial.end()


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGSEGV)", "os._exit(1)"])
def test_a_child_that_runs_out_of_memory_is_followed_by_another(end: str) -> None:
    trial = trial_that(f"if samples > 2: {end}")
    assert [trial.peak_of(samples) for samples in (1, 4, 2)] == [5100, None, 5200]
    trial.end()


def test_no_memory_for_a_single_sample_is_refused_by_the_crop() -> None:
    trial = trial_that("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(OutOfMemory, match=r"^crop_size must be lower here: a step of a single sample, of 56 x 56 "):
        trial.peak_of(1)


def test_another_error_of_the_child_is_told() -> None:
    trial = trial_that("lines.write(json.dumps(dict(error='ValueError: no')) + chr(10)); sys.exit()")
    with pytest.raises(PlatformError, match=r"^a step that was tried to see how much memory it needs failed: ValueErr"):
        trial.peak_of(1)
