"""What a training job reads of its folder."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.class_names import write_class_names
from semseg.archive.model_artifact import BEST, HYPERPARAMS
from semseg.archive.mxnet_parameters import write_parameters
from semseg.container.job import class_names, earlier_model, given_hyperparameters
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog


def test_values_become_strings() -> None:
    assert given_hyperparameters({"epochs": 3, "algorithm": "fcn"}) == {"epochs": "3", "algorithm": "fcn"}


def test_a_request_of_a_framework_estimator_is_read_without_what_it_adds() -> None:
    request = {
        "algorithm": '"psp"',
        "lr_scheduler_step": '"10, 20"',
        "epochs": "3",
        "syncbn": "true",
        "optimizer": "nag",  # as an SDK sends it that does not make JSON of it
        "sagemaker_program": '"train.py"',
        "sagemaker_region": '"eu-west-1"',
        "sagemaker_torch_distributed_enabled": "true",
    }
    assert given_hyperparameters(request) == {
        "algorithm": "psp",
        "lr_scheduler_step": "10, 20",
        "epochs": "3",
        "syncbn": "true",
        "optimizer": "nag",
    }


@pytest.fixture
def directory(tmp_path: Path) -> JobDirectory:
    """A job with the model of an FCN of 3 classes in channel model."""
    directory = JobDirectory(tmp_path)
    folder = directory.channel("model")
    folder.mkdir(parents=True)
    given = {"algorithm": "fcn", "backbone": "resnet-50", "num_classes": "3", "crop_size": "48"}
    (folder / HYPERPARAMS).write_text(json.dumps(given))
    write_parameters(folder / BEST, {"bn1.gamma": np.ones(4, np.float32)})
    write_class_names(folder, {0: "sky", 2: "road"})
    return directory


def told_of(directory: JobDirectory, **different: str) -> list[str]:
    """What the log says of a job with these hyperparameters, without the time."""
    given = {"num_classes": "3", "num_training_samples": "8", "crop_size": "48", **different}
    stream = io.StringIO()
    found = earlier_model(directory, Hyperparameters.from_strings(given), JobLog(stream))
    assert found == directory.channel("model") / BEST
    return [line.partition("] ")[2] for line in stream.getvalue().splitlines()]


def test_a_job_that_is_like_the_model_that_it_starts_from_needs_no_word(directory: JobDirectory) -> None:
    assert told_of(directory) == []


def test_other_classes_another_decoder_and_another_crop_are_told(directory: JobDirectory) -> None:
    assert told_of(directory, num_classes="5", algorithm="psp", crop_size="64") == [
        "The model in channel model has algorithm fcn, and this job psp.",
        "The model in channel model has num_classes 3, and this job 5.",
        "The model in channel model has crop_size 48, and this job 64.",
    ]


def test_another_backbone_is_refused(directory: JobDirectory) -> None:
    with pytest.raises(ChannelError) as refusal:
        told_of(directory, backbone="resnet-101")
    assert str(refusal.value) == "backbone must be that of the model in channel model, resnet-50, got resnet-101"


def test_names_of_classes_are_taken_of_a_model_with_as_many_classes_alone(directory: JobDirectory) -> None:
    assert class_names(directory, 3, {}, {}) == {0: "sky", 2: "road"}
    assert class_names(directory, 5, {}, {}) == {}
