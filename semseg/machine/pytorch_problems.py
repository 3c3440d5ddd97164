"""The problems that keep PyTorch from running on this machine, each with a way out. Imports no PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

from semseg.machine.facts import PYTORCH, SAFETENSORS, Machine
from semseg.machine.graphics import NO_GPU
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
    if PYTORCH in machine.versions and machine.gpus and (problem := gpu_problem(machine)) is not None:
        yield Problem(problem.sentence, problem.way_out, fatal=False)


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
    return None


def has_mps(machine: Machine) -> bool:
    """Returns whether this is a Mac with Apple's own processor, whose GPU PyTorch uses by Metal (MPS)."""
    return (machine.system, machine.architecture) == ("Darwin", "arm64")
