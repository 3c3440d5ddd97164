"""``python -m semseg.container.find_rate``: tries learning rates for the training job that lies in SAGEMAKER_BASE_DIR.

The folder is laid out as that of a training job. Exit code 0 means that ``learning_rates.json`` is in output/data;
otherwise output/failure, a JSON object with the name of the error's class and its sentence, says why.
"""

from __future__ import annotations

import sys

from semseg.container.checked_job import JobToCheck, chosen_engine
from semseg.container.command import run
from semseg.container.configuration import resources
from semseg.container.job import read_hyperparameters
from semseg.container.place import Place
from semseg.container.progress_file import ProgressFile
from semseg.container.splits import open_splits
from semseg.contract.job_directory import JobDirectory
from semseg.plumbing.json_file import write_public_json
from semseg.training.job_log import JobLog
from semseg.training.range_test import range_test

SECONDS = 90.0  # of the steps; the data is read before, and the engine started


def main() -> int:
    """Tries learning rates, and returns the exit code."""
    return run(find_rate, "the range test of learning rates")


def find_rate(directory: JobDirectory, log: JobLog) -> None:
    """Checks all samples, trains at growing rates from where the job would begin, and writes the curve."""
    hyperparameters, instance_type = read_hyperparameters(directory, log), resources(directory).instance_type
    name = chosen_engine(hyperparameters, instance_type, 1, log)
    splits = open_splits(
        directory, hyperparameters.num_classes, lambda: None, log, bad_samples=hyperparameters.bad_samples
    )
    to_check = JobToCheck(directory, hyperparameters, splits, name, instance_type, Place(), log)
    with to_check.group() as group:
        job = to_check.checked(directory, group).sized()
        batches, engine = job.batches(None), job.first_engine()
        curve = range_test(engine, batches, SECONDS, ProgressFile(directory.progress).moved)
        engine.finish()
    write_public_json(directory.learning_rates, curve.to_json())
    log.info(str(curve))


if __name__ == "__main__":
    sys.exit(main())
