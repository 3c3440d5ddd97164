"""How many machines train a job, and the SDK's way to ask for a process on each of their GPUs.

Source of the names: the SageMaker Python SDK v2 (2.257.7), ``sagemaker.estimator.Framework``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from semseg.api.algorithm_image import is_algorithm_image
from semseg.api.arguments import check_count
from semseg.contract.environment import MXNET, PYTORCH
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.processes import check_batch
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.errors import UserError

TORCH_DISTRIBUTED, ENABLED = "torch_distributed", "enabled"  # the one distribution, and its setting
ADDED, ADDED_TYPE = "sagemaker_torch_distributed_enabled", "sagemaker_instance_type"  # hyperparameters
OWN_IMAGE = "give image_uri an image of semseg, which trains on several machines with PyTorch"


def check_training_instances(instance_type: str | None, instance_count: Any, image_uri: str | None) -> None:
    """Refuses a number of machines that a training job cannot have.

    On the processor of this machine several are rehearsed, by a process for each.

    Args:
        instance_type: "local", "local_gpu", or one of SageMaker's.
        instance_count: None counts as 1.
        image_uri: None means the built-in algorithm's.
    """
    check_count("instance_count", instance_count)
    if instance_count in (None, 1) or instance_type == LOCAL:
        return
    if instance_type == LOCAL_GPU:
        raise UserError(
            f'instance_count must be 1 with instance_type "{LOCAL_GPU}", got {instance_count}: a job takes all GPUs of '
            "this machine by itself"
        )
    if _is_built_in(image_uri):
        raise UserError(
            f"instance_count must be 1 with SageMaker's built-in algorithm, which trains on one machine, got "
            f"{instance_count}: {OWN_IMAGE}"
        )


def check_together(hyperparameters: Hyperparameters, instance_count: int | None) -> None:
    """Refuses hyperparameters of a job that so many machines cannot train together."""
    check_batch(instance_count or 1, hyperparameters.mini_batch_size)
    if hyperparameters.engine == MXNET and (instance_count or 1) > 1:
        raise UserError(
            f"engine must be {PYTORCH} where instance_count is {instance_count}, got {MXNET!r}: MXNet trains in one "
            "process"
        )


def check_distribution(distribution: Any, instance_type: str | None, image_uri: str | None) -> None:
    """Refuses a ``distribution`` other than ``{"torch_distributed": {"enabled": True}}``, or with AWS's own image.

    What is not enabled asks for nothing.
    """
    if not distribution:
        return
    if not isinstance(distribution, Mapping) or set(distribution) != {TORCH_DISTRIBUTED}:
        raise UserError(
            f'distribution must be {{"{TORCH_DISTRIBUTED}": {{"{ENABLED}": True}}}}, by which processes find each '
            f"other, or be left out, got {distribution!r}"
        )
    settings = distribution[TORCH_DISTRIBUTED]
    if not isinstance(settings, Mapping) or set(settings) != {ENABLED} or type(settings[ENABLED]) is not bool:
        raise UserError(
            f'{TORCH_DISTRIBUTED} of distribution must be {{"{ENABLED}": True}}, or be left out, got {settings!r}'
        )
    if settings[ENABLED] and instance_type not in (LOCAL, LOCAL_GPU) and _is_built_in(image_uri):
        raise UserError(
            "distribution must be left out with SageMaker's built-in algorithm, which trains on one machine: "
            f"{OWN_IMAGE}"
        )


def distribution_hyperparameters(distribution: Mapping[str, Any] | None, instance_type: str | None) -> dict[str, str]:
    """Returns the hyperparameters that the SDK adds for a ``distribution``; none where it is not enabled."""
    if not distribution or not distribution[TORCH_DISTRIBUTED][ENABLED]:
        return {}
    return {ADDED: json.dumps(True), ADDED_TYPE: json.dumps(instance_type)}


def without_distribution(hyperparameters: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Any] | None]:
    """Returns the hyperparameters without those of :func:`distribution_hyperparameters`, and the ``distribution``."""
    own = {name: value for name, value in hyperparameters.items() if name not in (ADDED, ADDED_TYPE)}
    is_enabled = hyperparameters.get(ADDED) == json.dumps(True)
    return own, {TORCH_DISTRIBUTED: {ENABLED: True}} if is_enabled else None


def _is_built_in(image_uri: str | None) -> bool:
    return image_uri is None or is_algorithm_image(image_uri)
