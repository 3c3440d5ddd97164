"""``python -m semseg.container.find_rate``: tries learning rates for the training job that lies in SAGEMAKER_BASE_DIR.

The folder is laid out as that of a training job. Exit code 0 means that ``learning_rates.json`` is in output/data;
otherwise output/failure, a JSON object with the name of the error's class and its sentence, says why.
"""

from __future__ import annotations

import os
import sys

from semseg.container import job, splits
from semseg.container.class_weights import tell_of_weights, weighed
from semseg.container.command import run
from semseg.container.configuration import resources
from semseg.container.data_check import checked_splits
from semseg.container.engines import (
    choose_training_engine,
    devices_together,
    training_engine,
    training_group,
    trains_on_gpu,
)
from semseg.container.job_batches import training_batches
from semseg.container.kept import keep_samples, promised
from semseg.container.memory_plan import with_batch_size
from semseg.container.memory_trial import training_device
from semseg.container.place import Place
from semseg.container.progress_file import ProgressFile
from semseg.container.published_weights import without_needless_weights
from semseg.container.readers import most_threads
from semseg.container.sample_count import count_of, with_sample_count
from semseg.container.train import load_earlier
from semseg.contract.environment import FACTS_DIR
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.scaling import opencv
from semseg.engines.group import Group
from semseg.machine.facts import usable_cores
from semseg.machine.memory import ProcessMemory
from semseg.plumbing.json_file import write_public_json
from semseg.training.job_log import JobLog
from semseg.training.range_test import range_test

SECONDS = 90.0  # of the steps; the data is read before, and the engine started


def main() -> int:
    """Tries learning rates, and returns the exit code."""
    return run(find_rate, "the range test of learning rates")


def find_rate(directory: JobDirectory, log: JobLog) -> None:
    """Checks all samples, trains at growing rates from where the job would begin, and writes the curve."""
    hyperparameters = job.read_hyperparameters(directory, log)
    instance_type = resources(directory).instance_type
    choice = choose_training_engine(hyperparameters, instance_type)
    opencv()  # refused here where it cannot be imported
    log.info(choice.sentence)
    with training_group(choice.engine, instance_type) as group:
        find_with(choice.engine, directory, hyperparameters, instance_type, group, log)


def find_with(
    engine_name: str,
    directory: JobDirectory,
    hyperparameters: Hyperparameters,
    instance_type: str,
    group: Group,
    log: JobLog,
) -> None:
    """Does so with an engine, as of :func:`find_rate`."""
    split_pair = splits.open_splits(
        directory, hyperparameters.num_classes, lambda: None, log, bad_samples=hyperparameters.bad_samples
    )
    earlier = job.earlier_model(directory, hyperparameters, log)
    workers = most_threads(hyperparameters.workers, usable_cores())
    keep_samples(split_pair[0].dataset, hyperparameters.cache, Place(), group, log)
    facts = FACTS_DIR.read(os.environ)
    split_pair, hyperparameters = checked_splits(split_pair, directory, hyperparameters, workers, log, group, 1, facts)
    training = split_pair[0].dataset
    hyperparameters = with_sample_count(hyperparameters, training, log)
    devices = devices_together(engine_name, trains_on_gpu(engine_name, instance_type), group)
    memory = ProcessMemory(promised=promised(training))
    device = training_device(engine_name, instance_type, devices, memory, group)
    hyperparameters = with_batch_size(hyperparameters, count_of(training, hyperparameters), None, device, log)
    batches = training_batches(hyperparameters, training, workers, log, group, None)
    tell_of_weights(hyperparameters, directory, log)
    numbers = without_needless_weights(weighed(hyperparameters, directory), earlier, log)
    engine = training_engine(engine_name, numbers, instance_type, log, group)
    load_earlier(engine, earlier, log)
    curve = range_test(engine, batches, SECONDS, ProgressFile(directory.progress).moved)
    engine.finish()
    write_public_json(directory.learning_rates, curve.to_json())
    log.info(str(curve))


if __name__ == "__main__":
    sys.exit(main())
