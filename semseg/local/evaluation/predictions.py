"""Writes the masks of pictures and videos, in a child process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from semseg.aws.account import Account
from semseg.contract.prediction_request import PredictionAnswer, PredictionRequest
from semseg.local.evaluation.opened_model import ModelToOpen, opened_model, work_on
from semseg.local.files.locations import check_folder
from semseg.local.jobs.home import Home
from semseg.machine.python_command import python_command
from semseg.plumbing.json_file import read_json, write_json
from semseg.plumbing.teller import Bar

PREDICT_COMMAND = python_command("semseg.container.predict")


class PicturePredictions:
    """Predicts pictures in child processes.

    Args:
        home: what is under way is kept there.
        account: S3, for a model that lies there, and where lines are shown.
        command: what predicts; started with SAGEMAKER_BASE_DIR.
    """

    def __init__(self, home: Home, account: Account, command: Sequence[str] = PREDICT_COMMAND) -> None:
        self.home = home
        self.account = account
        self.command = command

    def run(self, model: ModelToOpen, request: PredictionRequest, bar: Bar) -> PredictionAnswer:
        """Writes what is wanted of each picture, and returns what was written.

        Raises:
            UserError: the folder cannot be written to.
            ModelError, PlatformError: as of :func:`opened_model` and :func:`work_on`.
        """
        check_folder("path", Path(request.wanted.folder))
        with opened_model(model, self.home, self.account, "prediction") as folder:
            write_json(folder.prediction_request, request.to_json())
            work_on(model, folder, self.home, self.command, "the prediction", bar)
            return PredictionAnswer.from_json(read_json(folder.prediction_answer))
