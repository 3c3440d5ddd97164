"""What whoever waits for a job is shown, and what Ctrl-C does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.errors import TrainingError
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import JobFolder
from semseg.local.process.progress_bar import Position
from semseg.local.training.epoch_page import markup as markup_of
from semseg.local.training.jobs import Jobs
from semseg.local.training.log import TrainingReader
from semseg.local.training.watched import WatchedJob
from semseg.plumbing.teller import Bar, Page
from tests.local.fake_train import LOG
from tests.local.fakes import TRAIN, request_at, run_training_job


class Recorder:
    """The teller, and the bar, that keep what they are told.

    Attributes:
        interrupts_at: the beginning of the line at which Ctrl-C is pressed, once; empty means never.
    """

    def __init__(self, interrupts_at: str = "") -> None:
        self.lines: list[str] = []
        self.notes: list[str] = []
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

    def note(self, text: str) -> None:
        self.notes.append(text)

    def close(self) -> None:
        pass

    def bar(self, unit: str, description: str = "", total: float | None = None, timed: bool = True) -> Bar:
        self.bars.append((unit, description))
        return self

    def page(self) -> Page | None:
        return None


def jobs_told(home: Path, teller: Recorder) -> Jobs:
    account = Account()
    account.teller = teller
    return Jobs(Home(home), TRAIN, account)


def asked(folder: Path, behaviour: str) -> dict[str, object]:
    return {**request_at(folder), "Environment": {"FAKE_TRAIN": behaviour}}


def places(teller: Recorder) -> list[float]:
    """Where the bar stood, without repetitions."""
    seen = [done for done, _, _ in teller.moves]
    return [done for number, done in enumerate(seen) if number == 0 or seen[number - 1] != done]


def test_the_log_and_the_progress_go_to_the_teller_alone(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    teller = Recorder()
    jobs = jobs_told(tmp_path / "home", teller)
    run_training_job(jobs, asked(tmp_path, "complete"))
    jobs.wait("job", show_logs=True)
    assert teller.lines[:-2] == LOG.splitlines()
    assert [line.split(":")[0] for line in teller.lines[-2:]] == ["Training seconds", "Billable seconds"]
    assert teller.bars == [("iteration", "job")]
    # 2 epochs of 20 iterations; the first is trained; then iteration 20 of epoch 1, the second
    assert places(teller) == [0, 20, 40]
    assert teller.moves[0] == (0, 40, "iteration")
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
    assert places(teller) == [0, 20, 40]


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


TABLE = """\
job: fcn with resnet-50, PyTorch on CPU; 2 classes, 6 training and 1 validation picture; 3 epochs of 3 iterations
Warning: num_training_samples is 5, but 6 training samples were found: the learning rate follows the 6 found.
  epoch     loss  pixel accuracy  mIOU of crops  pictures/s     time
      1   1.5000          0.5000         0.3333         8.0     0:00  best
      2   1.0000          0.7500         0.6000         8.0     0:00  best
      3   0.5000          0.6250         0.4500         8.0     0:00
job: Completed after 0:00.
Best mIOU 0.6000 of crops, in epoch 2; that model has mIOU 0.7750 on whole pictures, as an endpoint answers them.
"""


def test_a_person_sees_a_table_of_epochs_and_the_warnings_that_are_some(tmp_path: Path) -> None:
    teller = Recorder()
    jobs = jobs_told(tmp_path / "home", teller)
    folder = run_training_job(jobs, asked(tmp_path, "tell_of_epochs"))
    jobs.wait_with_table("job")
    shown = [re.sub(r"\d:\d\d", "0:00", line) for line in teller.lines]
    assert shown == [
        *TABLE.splitlines(),
        f"Model: {(folder.output / 'model.tar.gz').as_uri()}",
        f"Scores of each class: {folder.output_data / 'evaluation.json'}",
    ]
    assert "Docker entrypoint" in folder.log.read_text()
    assert "label maps not provided" in folder.log.read_text()


def test_a_bar_follows_epochs_of_three_iterations_to_the_end(tmp_path: Path) -> None:
    teller = Recorder()
    jobs = jobs_told(tmp_path / "home", teller)
    run_training_job(jobs, asked(tmp_path, "tell_of_epochs"))
    jobs.wait("job")
    assert teller.lines == []
    assert teller.moves[-1] == (9, 9, "iteration")
    assert teller.notes[-1] == "epoch 3/3, loss 0.500, best mIOU 0.600 of crops"


def test_a_failure_is_told_once_by_the_error(tmp_path: Path) -> None:
    teller = Recorder()
    jobs = jobs_told(tmp_path / "home", teller)
    request = {**request_at(tmp_path), "Environment": {"FAKE_TRAIN": "tell_of_epochs", "THEN": "fail"}}
    folder = run_training_job(jobs, request)
    with pytest.raises(TrainingError, match=r"street\.jpg has no mask$"):
        jobs.wait_with_table("job")
    assert not [line for line in teller.lines if "street.jpg" in line]
    assert teller.lines[-1] == f"Log: {folder.log}"
    assert teller.moves[-1] == (9, 9, "iteration")  # all epochs were trained
    assert teller.notes[-1].startswith("epoch 3/3, Failed, ")


def test_an_interrupt_goes_on_with_the_same_table_and_bar(tmp_path: Path) -> None:
    teller = Recorder("mIOU of crops")  # the head of the table
    jobs = jobs_told(tmp_path / "home", teller)
    run_training_job(jobs, asked(tmp_path, "tell_of_epochs"))
    with pytest.raises(KeyboardInterrupt):
        jobs.wait_with_table("job")
    assert len(teller.bars) == 1
    assert len([line for line in teller.lines if line.startswith("  epoch")]) == 1
    assert teller.lines[-4].startswith("job: Completed")
    assert len([line for line in teller.lines if line.endswith("best")]) == 2  # no row is lost
    assert teller.moves[-1] == (9, 9, "iteration")


def test_a_job_that_goes_on_from_a_checkpoint_starts_where_it_is(tmp_path: Path) -> None:
    reader = TrainingReader()
    reader.read("LRScheduler setup: iters per epoch: 20, num_epochs 10")
    line = "[01/31/2024 10:00:00 INFO 1] Resuming from checkpoint /x/epoch-0003: "
    assert reader.read(f"{line}3 epochs are done.") == Position(60)
    assert reader.read(f"{line}1 epoch and 7 steps are done.") == Position(27)


def test_in_a_notebook_there_is_one_page_and_its_last_state_is_the_end(tmp_path: Path) -> None:
    teller = PageRecorder()
    jobs = jobs_told(tmp_path / "home", teller)
    run_training_job(jobs, asked(tmp_path, "tell_of_epochs"))
    jobs.wait_with_table("job")
    assert (teller.pages, teller.bars, teller.lines) == (1, [], [])
    markup, text = teller.states[-1]
    assert markup.count("<tr>") == 4  # the head and three epochs
    assert markup.count("<svg") == 2
    assert "width:100.0%" in markup
    assert "mIOU 0.7750 on whole pictures" in markup
    assert "label maps not provided" not in markup
    assert "Warning: num_training_samples is 5" in text


def test_what_a_log_says_is_text_on_a_page_and_no_markup(tmp_path: Path) -> None:
    job = WatchedJob(JobFolder(tmp_path / "job"))
    job.history.read("[01/31/2024 10:00:00 WARNING 1] train/<script>alert(1)</script>.jpg is odd")
    assert "<script>" not in markup_of(job, ["<script>"])


class PageRecorder(Recorder):
    """The teller of a notebook; it is its own page."""

    def __init__(self) -> None:
        super().__init__()
        self.pages = 0
        self.states: list[tuple[str, str]] = []

    def page(self) -> Page | None:
        self.pages += 1
        return self

    def show(self, markup: str, text: str) -> None:
        self.states.append((markup, text))
