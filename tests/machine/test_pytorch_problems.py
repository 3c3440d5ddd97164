from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from semseg.machine.facts import this_machine
from semseg.machine.pytorch_problems import gpu_problem, problems
from tests.machine.machines import BARE, H100, T4

PACKAGES = {"torch": "2.13.0+cpu", "safetensors": "0.8.0"}
HEALTHY = dataclasses.replace(BARE, versions=PACKAGES)
MAC = dataclasses.replace(HEALTHY, system="Darwin", architecture="arm64")
INSTALL = 'in a clone of semseg, pip install ".[pytorch]"'


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"system": "Windows", "architecture": "AMD64"},
        {"system": "Linux", "architecture": "aarch64", "python": (3, 14)},
        {"gpus": (H100, T4), "has_driver": True, "pytorch_has_cuda": True},
    ],
)
def test_pytorch_runs_on_every_platform(changes: dict[str, Any]) -> None:
    assert problems(dataclasses.replace(HEALTHY, **changes)) == []


@pytest.mark.parametrize(
    ("versions", "sentence"),
    [
        ({}, f"PyTorch is not installed; {INSTALL}"),
        (
            {**PACKAGES, "torch": "2.7.1"},
            f"semseg needs PyTorch 2.8 or newer, and 2.7.1 is installed; {INSTALL}",
        ),
        (
            {"torch": "2.13.0"},
            f"The package safetensors, which keeps the optimizer's state, is not installed; {INSTALL}",
        ),
    ],
)
def test_what_pytorch_cannot_run_with_is_fatal(versions: dict[str, str], sentence: str) -> None:
    (problem,) = problems(dataclasses.replace(BARE, versions=versions))
    assert (str(problem), problem.fatal) == (sentence, True)


NO_CUDA = (
    "PyTorch 2.13.0+cpu is built without CUDA, which leaves the NVIDIA H100 idle; to use it, install a build with "
    "CUDA, as PyTorch's own page says"
)


def test_an_idle_gpu_is_a_hint() -> None:
    (problem,) = problems(dataclasses.replace(HEALTHY, gpus=(H100,)))
    assert (str(problem), problem.fatal) == (NO_CUDA, False)


def test_why_pytorch_trains_on_no_gpu_is_told() -> None:
    assert str(gpu_problem(HEALTHY)) == "There is no GPU that the NVIDIA driver shows; use instance_type='local'"
    assert str(gpu_problem(dataclasses.replace(HEALTHY, gpus=(H100,)))) == NO_CUDA
    assert gpu_problem(dataclasses.replace(HEALTHY, gpus=(H100,), pytorch_has_cuda=True)) is None
    assert gpu_problem(MAC) is None


@pytest.mark.pytorch
def test_this_machines_pytorch_is_found_without_importing_it() -> None:
    assert this_machine().versions["torch"]
