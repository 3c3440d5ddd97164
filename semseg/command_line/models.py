"""The argument that names a model: a training job's, or an archive."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from semseg.api.names import is_name
from semseg.command_line.verb import Work

if TYPE_CHECKING:
    from semseg.estimator import Estimator


def is_job(work: Work, model: str) -> bool:
    """Returns whether a text means a training job; else it is a path or a URI.

    What can be no job's name is a path, and so is the name of a file or a folder where there is no job of that name.
    """
    return is_name(model) and (work.local.has_training_job(model) or not os.path.lexists(Path(model)))


def estimator_of(work: Work, job: str) -> Estimator:
    """Returns the estimator of a training job, here or on SageMaker; waits for nothing.

    Raises:
        UserError: there is no such job.
    """
    from semseg.estimator import Estimator

    return Estimator.attach(job, sagemaker_session=work.session, wait=False)
