"""The commands that a session of this machine starts for its work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semseg.local.endpoint.endpoints import SERVE_COMMAND
from semseg.local.evaluation.evaluations import EVALUATE_COMMAND
from semseg.local.evaluation.predictions import PREDICT_COMMAND
from semseg.local.evaluation.range_tests import FIND_RATE_COMMAND
from semseg.local.export.exports import EXPORT_COMMAND
from semseg.local.training.jobs import TRAIN_COMMAND


@dataclass(frozen=True)
class Commands:
    """One command for each kind of work, each started with SAGEMAKER_BASE_DIR; tests put small ones in their place.

    Attributes:
        train: trains the job in that folder; also each trial of a tuning job.
        serve: serves the model in that folder, on the port SAGEMAKER_BIND_TO_PORT; also for a transform job.
        export: adds an exported form to the model in that folder; format and precision are its last arguments.
        evaluate: scores the model in that folder; the channel and a title are its last arguments.
        predict: predicts the pictures that a file in that folder names.
        find_rate: tries learning rates for the job in that folder.
    """

    train: Sequence[str] = TRAIN_COMMAND
    serve: Sequence[str] = SERVE_COMMAND
    export: Sequence[str] = EXPORT_COMMAND
    evaluate: Sequence[str] = EVALUATE_COMMAND
    predict: Sequence[str] = PREDICT_COMMAND
    find_rate: Sequence[str] = FIND_RATE_COMMAND


OURS = Commands()
