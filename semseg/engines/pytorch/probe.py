"""``python -m semseg.engines.pytorch.probe``: imports PyTorch and prints what it can do here, as JSON.

The doctor runs this as a process of its own, so that it survives an import that crashes.
"""

from __future__ import annotations

import json
from typing import Any

import torch

from semseg.contract.resource_config import LOCAL_TYPES
from semseg.engines.pytorch import devices
from semseg.errors import PlatformError


def report() -> dict[str, Any]:
    """Returns the version, the threads in use, which GPUs there is code for, and the types that the device of each
    instance type computes in.
    """
    return {
        "pytorch": torch.__version__,
        "threads": torch.get_num_threads(),
        "architectures": devices.architectures(),
        "devices": {name: types for name in LOCAL_TYPES if (types := types_of(name))},
    }


def types_of(instance_type: str) -> list[str]:
    """Returns the names of the types that the device of an instance type computes in; none where there is no device."""
    try:
        return list(devices.native_types(devices.device(instance_type)))
    except PlatformError:
        return []


def main() -> None:
    """Prints the report."""
    print(json.dumps(report()))


if __name__ == "__main__":
    main()
