"""What whoever waits for a job is shown, and what Ctrl-C does."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.errors import TrainingError
from semseg.local.jobs.home import Home
from semseg.local.training.jobs import Jobs
from semseg.plumbing.teller import Bar
from tests.local.fake_train import LOG
from tests.local.fakes import TRAIN, request_at, run_training_job


class Recorder:
    """The teller, and the bar, that keep what they are told.

    Attributes:
        interrupts_at: the beginning of the line at which Ctrl-C is pressed, once; empty means never.
    """

    def __init__(self, interrupts_at: str = "") -> None:
        self.lines: list[str] = []
        self.moves: list[tuple[float, float | None, str | None]] = []
        self.bars: list[tuple[str, str]] = []
        self.interrupts_at = interrupts_at

    def line(self, text: str) -> None:
        self.lines.append(text)
        if self.interrupts_at and self.interrupts_at in text:
            self.interrupts_at = ""
            raise KeyboardInterrupt

    def mark(self, text: str) -> None:
        raise AssertionError(text)

    def move(self, done: float, total: float | None = None, unit: str | None = None) -> None:
        self.moves.append((done, total, unit))

    def close(self) -> None:
        pass

    def bar(self, unit: str, description: str = "", total: float | None = None) -> Bar:
        self.bars.append((unit, description))
        return self


def jobs_told(home: Path, teller: Recorder) -> Jobs:
    account = Account()
    account.teller = teller
    return Jobs(Home(home), TRAIN, account)


def asked(folder: Path, behaviour: str) -> dict[str, object]:
    return {**request_at(folder), "Environment": {"FAKE_TRAIN": behaviour}}


def test_the_log_and_the_progress_go_to_the_teller_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    teller = Recorder()
    jobs = jobs_told(tmp_path / "home", teller)
    run_training_job(jobs, asked(tmp_path, "complete"))
    jobs.wait("job", show_logs=True)
    assert teller.lines[:-2] == LOG.splitlines()
    assert [line.split(":")[0] for line in teller.lines[-2:]] == ["Training seconds", "Billable seconds"]
    assert teller.bars == [("iteration", "job")]
    # 2 epochs of 20 iterations; then iteration 20 of epoch 1, the second
    assert teller.moves == [(0, 40, "iteration"), (40, None, None)]
    assert capfd.readouterr() == ("", "")


def test_without_the_log_only_the_bar_moves(tmp_path: Path) -> None:
    teller = Recorder()
    jobs = jobs_told(tmp_path / "home", teller)
    run_training_job(jobs, asked(tmp_path, "fail"))
    with pytest.raises(TrainingError, match=r"street\.jpg has no mask$"):
        jobs.wait("job")
    assert teller.lines == []


def test_the_bar_goes_on_as_it_was_after_an_interrupt(tmp_path: Path) -> None:
    teller = Recorder("train loss: 0.5")
    jobs = jobs_told(tmp_path / "home", teller)
    run_training_job(jobs, asked(tmp_path, "complete"))
    with pytest.raises(KeyboardInterrupt):
        jobs.wait("job", show_logs=True)
    assert teller.bars == [("iteration", "job")]
    # what the line before the interrupt told, 20 iterations an epoch, is still known: iteration 20 of the second one
    assert teller.moves == [(0, 40, "iteration"), (40, None, None)]


def test_an_interrupt_stops_the_job_and_waits_for_its_clean_end(tmp_path: Path) -> None:
    teller = Recorder("ready to be stopped")
    jobs = jobs_told(tmp_path / "home", teller)
    jobs.start(asked(tmp_path, "run_until_stopped"))
    with pytest.raises(KeyboardInterrupt):
        jobs.wait("job", show_logs=True)
    status = jobs.folder("job").read_status()
    assert (status.status, status.model_data is not None) == ("Stopped", True)
    assert teller.lines[1:] == [
        "Stopping job and keeping its best model; once more leaves it to itself.",
        "stopped well",
    ]
