"""The problems that keep PyTorch from running on this machine, each with a way out. Imports no PyTorch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from semseg.machine.facts import PYTORCH, SAFETENSORS, Machine
from semseg.machine.graphics import NO_GPU, Gpu
from semseg.machine.mxnet_problems import version_of
from semseg.machine.problem import Problem

OLDEST = (2, 8)
INSTALL = 'in a clone of semseg, pip install ".[pytorch]"'


def problems(machine: Machine) -> list[Problem]:
    """Returns all problems of a machine; those that must be solved before PyTorch can run come first."""
    return [*package_problems(machine), *gpu_hints(machine)]


def package_problems(machine: Machine) -> Iterator[Problem]:
    """Yields the problems of Python packages."""
    if PYTORCH not in machine.versions:
        yield Problem("PyTorch is not installed", INSTALL)
        return
    version = machine.versions[PYTORCH]
    if version_of(version) < OLDEST:
        yield Problem(f"semseg needs PyTorch 2.8 or newer, and {version} is installed", INSTALL)
    if SAFETENSORS not in machine.versions:
        yield Problem("The package safetensors, which keeps the optimizer's state, is not installed", INSTALL)


def gpu_hints(machine: Machine) -> Iterator[Problem]:
    """Yields what leaves a GPU of this machine idle."""
    if PYTORCH not in machine.versions or not machine.gpus:
        return
    if not machine.pytorch_has_cuda and (problem := gpu_problem(machine)) is not None:
        yield Problem(problem.sentence, problem.way_out, fatal=False)
        return
    usable = usable_gpus(machine)
    for gpu in machine.gpus:
        if gpu not in usable:
            yield _without_code(machine, gpu)


def gpu_problem(machine: Machine) -> Problem | None:
    """Returns what keeps PyTorch from training on a GPU of this machine; None where it can."""
    if has_mps(machine):
        return None
    if not machine.gpus:
        return NO_GPU
    if not machine.pytorch_has_cuda:
        version = machine.versions.get(PYTORCH, "")
        return Problem(
            f"PyTorch {version} is built without CUDA, which leaves the {machine.gpus[0].name} idle",
            "to use it, install a build with CUDA, as PyTorch's own page says",
        )
    return None if usable_gpus(machine) else _without_code(machine, machine.gpus[0])


def usable_gpus(machine: Machine) -> tuple[Gpu, ...]:
    """Returns the NVIDIA GPUs that PyTorch holds code for; all of them where PyTorch was not asked."""
    known = machine.pytorch_architectures
    return tuple(gpu for gpu in machine.gpus if not known or gpu.runs(known))


def _without_code(machine: Machine, gpu: Gpu) -> Problem:
    return without_code(gpu, machine.versions.get(PYTORCH, ""), machine.pytorch_architectures)


def without_code(gpu: Gpu, version: str, architectures: Sequence[str]) -> Problem:
    """Returns that a version of PyTorch, which holds code for these architectures, cannot use a GPU."""
    major, minor = gpu.capability
    mxnet = ', MXNet by pip install ".[cu112]" in a clone of semseg,' if gpu.has_code else ""
    return Problem(
        f"PyTorch {version} holds no code for the {gpu.name} (compute capability {major}.{minor}; it holds "
        f"{' '.join(architectures)})",
        f"install a build of PyTorch for another version of CUDA that holds it{mxnet} or use instance_type='local'",
        fatal=False,
    )


def emulation_problem(precision: str, native: Collection[str], device: str = "this processor") -> Problem | None:
    """Returns that a device would only emulate the type that a job asks for, slower than float32; None if it has it.

    Args:
        precision: as the hyperparameter ``precision_dtype`` has it, but not "auto".
        native: the types that the device has instructions for.
        device: what a person calls it.
    """
    if precision in native:
        return None
    return Problem(
        f"precision_dtype {precision!r} needs a device with instructions for it, and {device} has them for "
        f"{' and '.join(native)} alone",
        "leave it out, or set it to 'auto'",
    )


def has_mps(machine: Machine) -> bool:
    """Returns whether this is a Mac with Apple's own processor, whose GPU PyTorch uses by Metal (MPS)."""
    return is_mac(machine.system, machine.architecture)


def is_mac(system: str, architecture: str) -> bool:
    """Returns whether these, as of ``platform``, are a Mac's with Apple's own processor."""
    return (system, architecture) == ("Darwin", "arm64")
