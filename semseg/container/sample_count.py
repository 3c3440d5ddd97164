"""How many training samples a job has, where nobody said so."""

from __future__ import annotations

from dataclasses import replace

from semseg.contract.hyperparameters import COUNTED, Hyperparameters
from semseg.data.dataset import Dataset
from semseg.data.stream import Stream
from semseg.errors import HyperparameterError
from semseg.plumbing.counted import counted
from semseg.training.job_log import JobLog


def with_sample_count(hyperparameters: Hyperparameters, training: Dataset | Stream, log: JobLog) -> Hyperparameters:
    """Returns the hyperparameters with the number of training samples, which is counted where it was left out.

    Args:
        training: the training samples that are used.

    Raises:
        HyperparameterError: it was left out, and the samples come in a stream of which nothing is known.
    """
    if hyperparameters.num_training_samples != COUNTED:
        return hyperparameters
    count = len(training) if isinstance(training, Dataset) else training.samples_told
    if count is None:
        raise HyperparameterError(
            "num_training_samples must be set where channel train comes in a stream: the learning rate follows it, and "
            "a stream does not say how long it is"
        )
    found = f"{counted(count, 'training sample')} {'was' if count == 1 else 'were'} found"
    log.info(f"num_training_samples was left out: {found}.")
    return replace(hyperparameters, num_training_samples=count)


def count_of(training: Dataset | Stream, hyperparameters: Hyperparameters) -> int:
    """Returns the number of training samples; of a stream the declared one."""
    return len(training) if isinstance(training, Dataset) else hyperparameters.num_training_samples
