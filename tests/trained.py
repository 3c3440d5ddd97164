"""What tests ask of an estimator that has a job."""

from __future__ import annotations

from pathlib import Path

from semseg.estimator import Estimator
from semseg.job import TrainingJob


def job_of(estimator: Estimator) -> TrainingJob:
    """The latest job of an estimator."""
    assert estimator.latest_training_job is not None
    return estimator.latest_training_job


def archive_of(estimator: Estimator) -> Path:
    """The model.tar.gz of an estimator's latest job, which lies on this machine."""
    assert isinstance(estimator.model_data, str)
    return Path(estimator.model_data.removeprefix("file://"))
