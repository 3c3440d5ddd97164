"""The device that a job works on, and the types of numbers that it computes with itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from semseg.contract.environment import AUTO
from semseg.contract.hyperparameters import BFLOAT16, FLOAT16, FLOAT32
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.engines.pytorch.settings import settle
from semseg.errors import PlatformError
from semseg.machine.facts import processor_types
from semseg.machine.graphics import Gpu
from semseg.machine.pytorch_problems import emulation_problem, without_code

FIRST_WITH_BFLOAT16, FIRST_WITH_FLOAT16 = (8, 0), (7, 0)  # CUDA's compute capability


def device(instance_type: str, local_rank: int = 0) -> torch.device:
    """Returns the device that a process of a job of this instance type works on, and settles PyTorch for it.

    "local" is the CPU; "local_gpu" is a GPU, by CUDA or else by Apple's Metal (MPS); the name of a SageMaker instance
    is a GPU, or the CPU without any.

    Args:
        local_rank: which of the processes of this machine it is; each takes the GPU of its number.

    Raises:
        PlatformError: there is no such GPU that PyTorch can use.
    """
    gpus = () if instance_type == LOCAL else _gpus()
    mps = torch.backends.mps.is_available()
    chosen = chosen_device(instance_type, local_rank, gpus, mps, architectures())
    settle(chosen.type)
    return chosen


def chosen_device(
    instance_type: str, local_rank: int, gpus: Sequence[Gpu], mps: bool, architectures: Sequence[str]
) -> torch.device:
    """Returns what :func:`device` does, given the GPUs that CUDA has, whether there is MPS, and what PyTorch holds code
    for.
    """
    usable = [number for number, gpu in enumerate(gpus) if gpu.runs(architectures)]
    if instance_type == LOCAL or (instance_type != LOCAL_GPU and not usable):
        return torch.device("cpu")
    if local_rank < len(usable):
        return torch.device("cuda", usable[local_rank])
    if mps and local_rank == 0:
        return torch.device("mps")
    if usable or mps:
        raise PlatformError(
            f"Process {local_rank} of this machine has no GPU of its own: PyTorch can use {max(len(usable), 1)} here, "
            "and each process takes one; start as many processes as there are GPUs"
        )
    if gpus:
        raise PlatformError(str(without_code(gpus[0], torch.__version__, architectures)))
    raise PlatformError(
        "instance_type 'local_gpu' needs a GPU that PyTorch can use, and there is none here; use 'local', or install a "
        "PyTorch with CUDA"
    )


def architectures() -> tuple[str, ...]:
    """Returns what this build of PyTorch holds code for, as "sm_90"; nothing where it is built without CUDA."""
    return tuple(torch.cuda.get_arch_list())


def _gpus() -> list[Gpu]:
    """Returns the GPUs that CUDA has, in its order."""
    found = map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    return [Gpu(each.name, (each.major, each.minor), each.total_memory) for each in found]


def computation_type(precision: str, on: torch.device, root: Path = Path("/")) -> torch.dtype:
    """Returns the type that convolutions are computed in; parameters are float32 whatever it is.

    Args:
        precision: "float32", "bfloat16", "float16", or "auto": bfloat16 where the device has instructions for it.
        root: where /proc lies.

    Raises:
        PlatformError: the device would only emulate the type, slower than float32.
    """
    native = native_types(on, root)
    if precision == AUTO:
        return torch.bfloat16 if BFLOAT16 in native else torch.float32
    problem = emulation_problem(precision, native, name_of(on))
    if problem is not None:
        raise PlatformError(str(problem))
    return native[precision]


def native_types(on: torch.device, root: Path = Path("/")) -> dict[str, torch.dtype]:
    """Returns the types that a device has instructions for, by their names in ``precision_dtype``."""
    if on.type == "cpu":
        return {name: getattr(torch, name) for name in processor_types(root)}
    types = {FLOAT32: torch.float32}
    if on.type == "cuda":
        capability = torch.cuda.get_device_capability(on)
        types.update({BFLOAT16: torch.bfloat16} if capability >= FIRST_WITH_BFLOAT16 else {})
        types.update({FLOAT16: torch.float16} if capability >= FIRST_WITH_FLOAT16 else {})
    return types


def memory_format(on: torch.device, compute: torch.dtype) -> torch.memory_format:
    """Returns how pictures and weights lie in memory while convolutions are computed in this type.

    Channels last is the layout that the instructions for short types and CUDA's convolutions want. A processor is
    slower with it in float32: a step of FCN, crop 240, took 1.2 times as long with AVX2.
    """
    last = on.type == "cuda" or compute != torch.float32
    return torch.channels_last if last else torch.contiguous_format


def name_of(on: torch.device) -> str:
    """Returns what a person calls the device."""
    if on.type == "cuda":
        return torch.cuda.get_device_name(on)
    return {"cpu": "this processor", "mps": "Apple's MPS"}.get(on.type, on.type)
