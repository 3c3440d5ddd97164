"""The report that a training process leaves, however it ends."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from semseg.container.job_report import JobReport
from semseg.container.observers import Told, event_folder
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.contract.job_progress import JobProgress
from semseg.engines.group import ALONE, GroupEnded
from semseg.errors import UserError
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.training.job_log import JobLog
from semseg.training.observer import Pace
from tests.engines.group_of_threads import GroupOfThreads, Meeting

WHAT = JobProgress("fcn with resnet-50", "PyTorch on CPU", 2, 6, 3, epochs=3, iterations_per_epoch=4)


class Job:
    """A job of two classes, the second of which is called sky, and its log."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRAINING_JOB_NAME", "street-1")
        self.directory = JobDirectory(root)
        self.directory.output_data.mkdir(parents=True)
        self.written = io.StringIO()
        log = JobLog(self.written)
        hyperparameters = Hyperparameters.from_strings({"num_classes": "2", "num_training_samples": "6"})
        self.told = Told(self.directory, WHAT, log, {1: "sky"}, {1: (70, 130, 180)}, ALONE)
        self.report = JobReport(self.directory, hyperparameters, ["train: pixel 7 -> class 1"], 0.0, log)

    def train_an_epoch(self) -> None:
        """All of it is told; class 0 has 3 of 4 pixels, class 1 none of 1."""
        matrix = ConfusionMatrix(2)
        matrix.counts = np.array([[3, 1], [0, 0]])
        for observer in self.told.observers:
            observer.training_begins(0, 0, None)
            observer.epoch_trained(Pace(0, 4, 8.0), 0.5, 0.01)
            observer.epoch_validated(Pace(0, 1, 8.0), matrix)
            observer.epoch_completed(0, 3, 0.0)

    def fail(self, error: Exception) -> None:
        """An epoch is told, then the job ends with this error."""
        with self.report.written_at_the_end(ALONE, lambda: False, self.told):
            self.train_an_epoch()
            raise error

    def text(self) -> str:
        return (self.directory.output_data / "report.html").read_text()


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    return Job(tmp_path, monkeypatch)


@pytest.mark.parametrize(("is_stopped", "ending"), [(False, "Completed"), (True, "Stopped")])
def test_a_job_has_a_report_as_far_as_it_went(job: Job, is_stopped: bool, ending: str) -> None:
    with job.report.written_at_the_end(ALONE, lambda: is_stopped, job.told):
        job.train_an_epoch()
    for words in ("street-1", ending, "0.3750", "pixel 7 -&gt; class 1", "semseg deploy street-1"):
        assert words in job.text()
    assert (job.directory.output_data / "curves.png").exists()


def test_a_job_that_fails_has_a_report_and_its_own_error(job: Job) -> None:
    with pytest.raises(UserError, match="train loss must stay finite"):
        job.fail(UserError("train loss must stay finite"))
    assert "Failed" in job.text()


def test_a_process_whose_group_ended_writes_none(job: Job) -> None:
    with pytest.raises(GroupEnded):
        job.fail(GroupEnded("another process has ended"))
    assert not (job.directory.output_data / "report.html").exists()


def test_only_rank_0_is_told_and_writes(job: Job, tmp_path: Path) -> None:
    other = GroupOfThreads(1, Meeting(2))
    told = Told(JobDirectory(tmp_path / "other"), WHAT, JobLog(io.StringIO()), {}, {}, other)
    with job.report.written_at_the_end(other, lambda: False, told):
        pass
    assert (told.observers, told.shown) == ([], None)
    assert not (job.directory.output_data / "report.html").exists()


def test_a_report_that_cannot_be_written_fails_no_job(job: Job) -> None:
    job.directory.output_data.rmdir()
    job.directory.output_data.write_text("in the way")
    with job.report.written_at_the_end(ALONE, lambda: False, job.told):
        pass
    assert "WARNING" in job.written.getvalue()
    assert "The job has no report: " in job.written.getvalue()


@pytest.mark.parametrize(
    ("local_path", "place"),
    [
        ({}, "output/tensorboard"),
        ({"LocalPath": "/opt/ml/output/events/"}, "output/events"),
        ({"LocalPath": "/events"}, "/events"),
    ],
)
def test_events_are_written_where_the_configuration_of_the_container_says(
    tmp_path: Path, local_path: dict[str, str], place: str
) -> None:
    directory = JobDirectory(tmp_path)
    assert event_folder(directory) is None
    directory.tensorboard_config.parent.mkdir(parents=True)
    directory.tensorboard_config.write_text(json.dumps(local_path))
    assert event_folder(directory) == tmp_path / place
