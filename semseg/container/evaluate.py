"""``python -m semseg.container.evaluate <channel> <title>``: scores the model in SAGEMAKER_BASE_DIR's model folder.

It scores the whole pictures of the channel, "validation" or "train", by the masks of the channel of that name with
``_annotation``, and reads them by ``label_map`` where that is there. The title is what the report calls the model. Exit
code 0 means that the files are in output/data; otherwise output/failure, a JSON object with the name of the error's
class and its sentence, says why.
"""

from __future__ import annotations

import os
import sys

from semseg.archive.class_names import read_class_names
from semseg.archive.model_artifact import check_servable
from semseg.bulk.scoring import Scoring
from semseg.container import loading
from semseg.container.command import run
from semseg.container.engine_answers import EngineAnswers
from semseg.container.model_samples import model_samples
from semseg.container.progress_file import ProgressFile
from semseg.contract.job_directory import JobDirectory
from semseg.training.job_log import JobLog


def main() -> int:
    """Scores what the command line names, and returns the exit code."""
    channel, title = sys.argv[1:]
    return run(lambda directory, log: evaluate(directory, channel, title, log), "the evaluation")


def evaluate(directory: JobDirectory, channel: str, title: str, log: JobLog) -> None:
    """Checks all samples, scores the model on them, and writes the results."""
    check_servable(directory.model)
    loading.check(directory, os.environ)
    dataset = model_samples(directory, log, channel)
    answers = EngineAnswers(loading.load_segmenter(directory, os.environ), loading.picture_reading(directory.model))
    scoring = Scoring(dataset, answers, read_class_names(directory.model))
    scoring.run(directory.output_data, title, ProgressFile(directory.progress).moved)


if __name__ == "__main__":
    sys.exit(main())
