"""What a training job reads of its folder."""

from __future__ import annotations

from semseg.container.job import given_hyperparameters


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
