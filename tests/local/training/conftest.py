from __future__ import annotations

from pathlib import Path

import pytest

from semseg.local.jobs.home import Home
from semseg.local.training.jobs import Jobs
from tests.local.fakes import TRAIN, JobsInProcess


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return JobsInProcess(Home(tmp_path / "home"), TRAIN)


@pytest.fixture
def detached(tmp_path: Path) -> Jobs:
    """The same jobs with supervisors that are processes, for whoever kills these or does not wait."""
    return Jobs(Home(tmp_path / "home"), TRAIN)
