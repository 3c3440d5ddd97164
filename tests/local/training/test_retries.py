"""Jobs that are started again by themselves, as max_retry_attempts allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.errors import TrainingError
from semseg.local.process.process import wait_until_unlocked
from semseg.local.training.jobs import Jobs
from tests.local.training.test_resumption import asked, begun_at, names_in

AGAIN = "Starting the training process again, 1 of at most 2 times: "


def waited_for(jobs: Jobs, folder: Path, then: str, retries: int = 2) -> list[int]:
    """Waits for a job that this happens to after its third epoch; returns where each of its starts took it up."""
    jobs.start(asked(folder, then, 3, RetryStrategy={"MaximumRetryAttempts": retries}))
    jobs.wait("job")
    return begun_at(jobs.folder("job"))


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        (
            "be killed",
            "The training process ended with signal 9 (Killed); the last line of its log: growing; where memory ran "
            "out, a lower mini_batch_size or a higher accumulate needs less",
        ),
        ("crash", "The training process ended with exit code 3; the last line of its log: something goes wrong"),
        ("break down", "the algorithm failed with RuntimeError: a bug"),
        ("lose one of two", "process 1 of 2, counted from 0, was ended by SIGKILL: where memory ran out"),
        ("kill supervisor", "the process that looked after the job was killed"),
        ("kill both", "the process that looked after the job was killed"),
    ],
)
def test_a_job_is_started_again_where_that_may_help(
    jobs: Jobs, detached: Jobs, tmp_path: Path, then: str, reason: str
) -> None:
    assert waited_for(detached if then.startswith("kill") else jobs, tmp_path, then) == [0, 3]
    job = jobs.folder("job")
    assert f"{AGAIN}{reason}" in job.log.read_text().splitlines()
    assert (job.read_status().status, job.read_status().retries) == ("Completed", 1)
    assert names_in(job.checkpoints) == ["epoch-0010"]


@pytest.mark.parametrize("then", ["no room", "overflow", "lose a picture"])
def test_a_job_is_not_started_again_where_it_would_fail_again(jobs: Jobs, tmp_path: Path, then: str) -> None:
    with pytest.raises(TrainingError):
        waited_for(jobs, tmp_path, then)
    assert begun_at(jobs.folder("job")) == [0]


def test_a_job_is_started_again_no_more_often_than_was_asked_for(jobs: Jobs, tmp_path: Path) -> None:
    request = asked(tmp_path, RetryStrategy={"MaximumRetryAttempts": 2})
    jobs.start({**request, "Environment": {"FAKE_TRAIN": "be_killed"}})
    with pytest.raises(TrainingError, match=r"signal 9"):
        jobs.wait("job")
    assert jobs.folder("job").log.read_text().splitlines().count("growing") == 3


def test_a_job_without_a_retry_strategy_is_left_as_it_is(jobs: Jobs, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"signal 9"):
        waited_for(jobs, tmp_path, "be killed", retries=0)


def test_a_job_that_nobody_waits_for_keeps_its_retries_for_whoever_will(detached: Jobs, tmp_path: Path) -> None:
    jobs = detached
    jobs.start(asked(tmp_path, "kill both", 3, RetryStrategy={"MaximumRetryAttempts": 1}))
    job = jobs.folder("job")
    while not job.checkpoints.joinpath("epoch-0003").exists():
        assert job.read_status() is not None
    assert wait_until_unlocked(job.lock, 30)
    assert jobs.describe("job")["TrainingJobStatus"] == "Failed"
    jobs.wait("job")
    assert begun_at(job) == [0, 3]
