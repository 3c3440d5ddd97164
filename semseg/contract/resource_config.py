"""The content of resourceconfig.json, by which a container knows the machine that it runs on.

Source: the SageMaker developer guide, "How Amazon SageMaker Provides Training Information".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.contract.metric_lines import CONTAINER_HOST

LOCAL, LOCAL_GPU = LOCAL_TYPES = ("local", "local_gpu")  # instance types of this machine: its processor, its GPUs
INSTANCE_TYPE = "current_instance_type"


def resource_configuration(instance_type: str) -> dict[str, Any]:
    """Returns the content of resourceconfig.json for one machine of this type."""
    return {
        "current_host": CONTAINER_HOST,
        "hosts": [CONTAINER_HOST],
        "network_interface_name": "lo",
        INSTANCE_TYPE: instance_type,
    }


def instance_type_in(configuration: Mapping[str, Any]) -> str:
    """Returns the type of the machine, "local" and "local_gpu" included; empty where the platform does not say."""
    return str(configuration.get(INSTANCE_TYPE, ""))
