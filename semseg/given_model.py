"""The ways in which a model can be given: an archive, a training job, an endpoint."""

from __future__ import annotations

import os
from typing import Protocol, Union, runtime_checkable

from semseg.job import TrainingJob
from semseg.predictor import Predictor


@runtime_checkable
class Trained(Protocol):
    """What has a training job, such as an Estimator."""

    latest_training_job: TrainingJob | None


AnyModel = Union[str, "os.PathLike[str]", TrainingJob, Trained, Predictor]
