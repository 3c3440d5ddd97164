"""What can be told of a job's device in the user's own process, before there is a job: nothing is imported for it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from semseg.contract.hyperparameters import BFLOAT16, FLOAT16
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.errors import PlatformError
from semseg.machine import facts
from semseg.machine.graphics import NO_GPU
from semseg.machine.problem import Problem
from semseg.machine.pytorch_problems import emulation_problem, is_mac


@dataclass(frozen=True)
class Devices:
    """What this machine computes with.

    Attributes:
        types: of numbers, that the processor has instructions for.
        may_have_gpu: False where there certainly is none. GPUs are not counted, because that would start CUDA in the
            user's process, which then could not fork.
    """

    types: tuple[str, ...]
    may_have_gpu: bool

    @classmethod
    def here(cls) -> Devices:
        """Returns those of this machine."""
        return cls(facts.processor_types(), facts.has_driver() or is_mac(platform.system(), platform.machine()))


def check_device(instance_type: str, hyperparameters: Mapping[str, Any], devices: Devices) -> None:
    """Refuses a training job that this machine certainly has no device for; the job itself refuses the rest.

    Args:
        instance_type: "local" or "local_gpu".
        hyperparameters: in the wire form.

    Raises:
        PlatformError: there is no GPU, or the processor would only emulate the type that the job is to compute in.
    """
    problem = _problem(instance_type, str(hyperparameters.get("precision_dtype")), devices)
    if problem is not None:
        raise PlatformError(str(problem))


def _problem(instance_type: str, precision: str, devices: Devices) -> Problem | None:
    if instance_type == LOCAL_GPU and not devices.may_have_gpu:
        return NO_GPU
    if instance_type == LOCAL and precision in (BFLOAT16, FLOAT16):
        return emulation_problem(precision, devices.types)
    return None
