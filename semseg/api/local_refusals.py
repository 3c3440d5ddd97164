"""Refusals of what the SageMaker Python SDK takes and this machine cannot do. Each names the parameter; none is
ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.api.distribution import check_training_instances
from semseg.api.refusals import refuse
from semseg.contract.resource_config import LOCAL_TYPES
from semseg.errors import UserError


def check_instance(instance_type: str | None, instance_count: int | None) -> None:
    """Refuses any instance but one: this machine.

    Args:
        instance_type: "local" (the processor) or "local_gpu".
        instance_count: 1; None counts as 1.
    """
    if isinstance(instance_type, str) and instance_type.startswith("ml."):
        raise UserError(
            f'instance_type must be "local" or "local_gpu", got {instance_type!r}: '
            f"a LocalSession has this machine alone, give a Session()"
        )
    if instance_type not in LOCAL_TYPES:
        raise UserError(f'instance_type must be "local" or "local_gpu", got {instance_type!r}')
    if instance_count is not None and (type(instance_count) is not int or instance_count != 1):
        raise UserError(f"instance_count must be 1, for this machine is the only one, got {instance_count!r}")


def check_training_instance(instance_type: str | None, instance_count: int | None) -> None:
    """Refuses what this machine cannot train on; several instances are processes on its processor."""
    check_instance(instance_type, 1)
    check_training_instances(instance_type, instance_count, None)


def refuse_locally(parameters: Mapping[str, Any]) -> None:
    """Refuses each of these parameters that is set: it would change what runs, and this machine cannot do it."""
    refuse(parameters, " on this machine, where the built-in algorithm runs without containers")


def check_training_request(request: Mapping[str, Any]) -> None:
    """Refuses a CreateTrainingJob that asks for what this machine has not: containers, or instances beside itself."""
    resources = request["ResourceConfig"]
    check_training_instance(resources["InstanceType"], resources.get("InstanceCount"))
    algorithm = request["AlgorithmSpecification"]
    names = ("MetricDefinitions", "ContainerEntrypoint", "ContainerArguments")
    compression = request["OutputDataConfig"].get("CompressionType")
    refuse_locally(
        {
            **{name: algorithm.get(name) for name in names},
            "disable_output_compression": compression == "NONE",
            "FileSystemInput": any("FileSystemDataSource" in c["DataSource"] for c in request["InputDataConfig"]),
        }
    )


def check_model(request: Mapping[str, Any]) -> None:
    """Refuses a CreateModel whose model is not an archive."""
    refuse_locally({name: request["PrimaryContainer"].get(name) for name in ("ModelDataSource", "ModelPackageName")})


def check_endpoint_config(request: Mapping[str, Any]) -> None:
    """Refuses a CreateEndpointConfig that asks for more than one server of this machine."""
    refuse_locally({name: request.get(name) for name in ("AsyncInferenceConfig", "DataCaptureConfig")})
    for variant in request["ProductionVariants"]:
        refuse_locally({"ServerlessConfig": variant.get("ServerlessConfig")})
        check_instance(variant.get("InstanceType"), variant.get("InitialInstanceCount"))
