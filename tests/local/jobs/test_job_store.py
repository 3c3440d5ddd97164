"""What befalls the jobs of one kind while somebody else is at work in the same home."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.errors import UserError
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_store import JobStore
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.jobs import KIND
from tests.local.kept import training_job


class RemovedMeanwhile(TrainingFolder):
    """The folder of a job that somebody else removes right before its lock is taken."""

    @property
    def lock(self) -> Path:
        shutil.rmtree(self.root)
        return super().lock


def test_a_job_that_somebody_else_removes_meanwhile_is_not_there(tmp_path: Path) -> None:
    training_job(tmp_path, "horses")
    jobs = JobStore(replace(KIND, folder=RemovedMeanwhile), Home(tmp_path), ("true",), Account())
    with pytest.raises(UserError, match=r"^there is no training job 'horses' in "):
        jobs.delete("horses")
