"""``python -m semseg.container.predict``: predicts the pictures that input/config/prediction.json names.

The model lies in SAGEMAKER_BASE_DIR's model folder. Exit code 0 means that output/data/prediction.json says what was
written; otherwise output/failure, a JSON object with the name of the error's class and its sentence, says why.
"""

from __future__ import annotations

import os
import sys

from semseg.archive.model_artifact import check_servable
from semseg.bulk.mask_files import MaskFiles
from semseg.bulk.prediction import Prediction
from semseg.container import loading
from semseg.container.command import run
from semseg.container.configuration import read_configuration
from semseg.container.engine_answers import EngineAnswers
from semseg.container.progress_file import ProgressFile
from semseg.contract.job_directory import JobDirectory
from semseg.contract.prediction_request import PredictionRequest
from semseg.plumbing.json_file import write_public_json
from semseg.training.job_log import JobLog


def main() -> int:
    """Predicts what is asked for, and returns the exit code."""
    return run(predict, "the prediction")


def predict(directory: JobDirectory, log: JobLog) -> None:
    """Writes the files that are wanted of each picture, and then what was written."""
    request = PredictionRequest.from_json(read_configuration(directory.prediction_request))
    check_servable(directory.model)
    loading.check(directory, os.environ)
    answers = EngineAnswers(loading.load_segmenter(directory, os.environ), loading.picture_reading(directory.model))
    progress = ProgressFile(directory.progress)
    answer = Prediction(answers, MaskFiles(request.wanted), progress.moved).run(request.given)
    directory.output_data.mkdir(parents=True, exist_ok=True)
    write_public_json(directory.prediction_answer, answer.to_json())


if __name__ == "__main__":
    sys.exit(main())
