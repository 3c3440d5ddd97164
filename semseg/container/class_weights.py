"""What each class weighs in the loss of a job, from what the check of its data has counted."""

from __future__ import annotations

from dataclasses import replace

from semseg.contract.channels import TRAIN
from semseg.contract.hyperparameters import BALANCED, Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset_report import FILE_NAME
from semseg.data.look.class_weights import balanced_weights
from semseg.plumbing.json_file import read_json
from semseg.training.job_log import JobLog


def weighed(hyperparameters: Hyperparameters, results: JobDirectory) -> Hyperparameters:
    """Returns the hyperparameters for the engine: with numbers in place of "balanced" as ``class_weights``.

    Args:
        results: where this process of the job has the report of its data.
    """
    if hyperparameters.class_weights != BALANCED:
        return hyperparameters
    classes = read_json(results.output_data / FILE_NAME)["channels"][TRAIN]["classes"]
    weights = balanced_weights([classes[str(label)]["pixels"] for label in range(hyperparameters.num_classes)])
    return replace(hyperparameters, class_weights=weights)


def tell_of_weights(hyperparameters: Hyperparameters, results: JobDirectory, log: JobLog) -> None:
    """Writes into the log what each class weighs, where that was not given."""
    weights = weighed(hyperparameters, results).class_weights
    if hyperparameters.class_weights == BALANCED:
        listed = ", ".join(f"{label}: {weight:g}" for label, weight in enumerate(weights))
        log.info(f"class_weights is {BALANCED}, and a pixel of each class counts in the loss: {listed}")
