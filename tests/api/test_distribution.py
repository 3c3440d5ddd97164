"""How many machines may train a job, and the one distribution."""

from __future__ import annotations

from typing import Any

import pytest

from semseg.api.distribution import (
    check_distribution,
    check_together,
    check_training_instances,
    distribution_hyperparameters,
    without_distribution,
)
from semseg.contract.hyperparameters import Hyperparameters
from semseg.errors import UserError

BUILT_IN = "433757028032.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:1"
OURS = "123456789012.dkr.ecr.us-west-2.amazonaws.com/semseg:pytorch"
TORCH = {"torch_distributed": {"enabled": True}}


@pytest.mark.parametrize("count", [None, 1])
@pytest.mark.parametrize("instance_type", ["local", "local_gpu", "ml.p3.2xlarge", None])
def test_one_machine_of_each_kind_is_taken(count: int | None, instance_type: str | None) -> None:
    check_training_instances(instance_type, count, None)


def test_several_are_taken_on_the_processor_and_with_an_image_of_ones_own() -> None:
    check_training_instances("local", 3, None)
    check_training_instances("ml.g5.12xlarge", 4, OURS)


def test_several_are_refused_on_the_gpus_of_this_machine() -> None:
    with pytest.raises(UserError) as caught:
        check_training_instances("local_gpu", 2, OURS)
    assert str(caught.value) == (
        'instance_count must be 1 with instance_type "local_gpu", got 2: a job takes all GPUs of this machine by itself'
    )


@pytest.mark.parametrize("image", [None, BUILT_IN])
def test_several_are_refused_for_the_built_in_algorithm(image: str | None) -> None:
    with pytest.raises(UserError) as caught:
        check_training_instances("ml.g5.12xlarge", 2, image)
    assert str(caught.value) == (
        "instance_count must be 1 with SageMaker's built-in algorithm, which trains on one machine, got 2: give "
        "image_uri an image of semseg, which trains on several machines with PyTorch"
    )


def job_of(**strings: str) -> Hyperparameters:
    return Hyperparameters.from_strings({"num_classes": "2", "num_training_samples": "4", **strings})


def test_mxnet_is_refused_for_several_only() -> None:
    check_together(job_of(engine="mxnet"), 1)
    check_together(job_of(engine="mxnet"), None)
    check_together(job_of(), 2)
    check_together(job_of(engine="pytorch"), 2)
    with pytest.raises(UserError, match=r"^engine must be pytorch where instance_count is 2, got 'mxnet': "):
        check_together(job_of(engine="mxnet"), 2)


@pytest.mark.parametrize("distribution", [None, {}, TORCH, {"torch_distributed": {"enabled": False}}])
def test_torch_distributed_is_taken_with_an_image_of_ones_own_and_on_this_machine(distribution: Any) -> None:
    check_distribution(distribution, "ml.g5.12xlarge", OURS)
    check_distribution(distribution, "local", None)


@pytest.mark.parametrize("distribution", [{"mpi": {"enabled": True}}, {**TORCH, "mpi": {}}, "torch_distributed"])
def test_another_distribution_is_refused_by_its_name(distribution: Any) -> None:
    with pytest.raises(UserError) as caught:
        check_distribution(distribution, "ml.g5.12xlarge", OURS)
    assert str(caught.value) == (
        'distribution must be {"torch_distributed": {"enabled": True}}, by which processes find each other, or be '
        f"left out, got {distribution!r}"
    )


@pytest.mark.parametrize("settings", [{"enabled": "true"}, {}, {"enabled": True, "processes": 2}, True])
def test_other_settings_of_it_are_refused(settings: Any) -> None:
    with pytest.raises(
        UserError, match=r'^torch_distributed of distribution must be {"enabled": True}, or be left out, got '
    ):
        check_distribution({"torch_distributed": settings}, "local", None)


def test_a_distribution_is_refused_for_the_built_in_algorithm() -> None:
    with pytest.raises(UserError, match=r"^distribution must be left out with SageMaker's built-in algorithm"):
        check_distribution(TORCH, "ml.g5.12xlarge", BUILT_IN)
    check_distribution({"torch_distributed": {"enabled": False}}, "ml.g5.12xlarge", BUILT_IN)


def test_the_hyperparameters_are_json_as_the_sdk_sends_them() -> None:
    assert distribution_hyperparameters(TORCH, "ml.g5.12xlarge") == {
        "sagemaker_torch_distributed_enabled": "true",
        "sagemaker_instance_type": '"ml.g5.12xlarge"',
    }
    assert distribution_hyperparameters({"torch_distributed": {"enabled": False}}, "ml.g5.12xlarge") == {}
    assert distribution_hyperparameters(None, "local") == {}


def test_the_hyperparameters_of_a_distribution_are_told_from_the_others() -> None:
    own = {"num_classes": "2", "sagemaker_region": '"us-west-2"'}
    assert without_distribution({**own, **distribution_hyperparameters(TORCH, "ml.g5.12xlarge")}) == (own, TORCH)
    assert without_distribution(own) == (own, None)
