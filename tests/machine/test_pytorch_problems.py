from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from semseg.machine.facts import Machine, this_machine
from semseg.machine.graphics import Gpu
from semseg.machine.pytorch_problems import gpu_problem, problems, usable_gpus
from tests.machine.machines import BARE, GIBIBYTE, H100, T4, V100

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


CUDA_13 = ("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120", "compute_120")
NO_CODE = (
    "PyTorch 2.13.0+cpu holds no code for the Tesla V100 (compute capability 7.0; it holds sm_75 sm_80 sm_86 sm_90 "
    "sm_100 sm_120 compute_120); install a build of PyTorch for another version of CUDA that holds it, MXNet by "
    "pip install \".[cu112]\" in a clone of semseg, or use instance_type='local'"
)


def with_gpus(*gpus: Gpu) -> Machine:
    return dataclasses.replace(HEALTHY, gpus=gpus, pytorch_has_cuda=True, pytorch_architectures=CUDA_13)


def test_a_gpu_that_pytorch_holds_no_code_for_is_refused_with_the_way_out() -> None:
    assert str(gpu_problem(with_gpus(V100))) == NO_CODE
    assert gpu_problem(with_gpus(V100, H100)) is None
    assert usable_gpus(with_gpus(V100, H100, T4)) == (H100, T4)
    (hint,) = problems(with_gpus(V100, H100))
    assert (str(hint), hint.fatal) == (NO_CODE, False)


def test_mxnet_is_no_way_out_where_it_has_no_code_either() -> None:
    newer = Gpu("NVIDIA R100", (13, 0), GIBIBYTE)
    machine = dataclasses.replace(with_gpus(newer), pytorch_architectures=("sm_80", "sm_120"))
    assert str(gpu_problem(machine)) == (
        "PyTorch 2.13.0+cpu holds no code for the NVIDIA R100 (compute capability 13.0; it holds sm_80 sm_120); "
        "install a build of PyTorch for another version of CUDA that holds it or use instance_type='local'"
    )


@pytest.mark.parametrize(
    ("capability", "architectures", "runs"),
    [
        ((7, 0), CUDA_13, False),
        ((6, 0), CUDA_13, False),
        ((8, 9), CUDA_13, True),
        ((8, 6), ("sm_80",), True),
        ((8, 0), ("sm_86",), False),
        ((9, 0), ("sm_80", "sm_86"), False),
        ((10, 3), ("sm_100",), True),
        ((12, 1), ("sm_120",), True),
        ((11, 0), ("sm_120", "compute_120"), False),
        ((13, 0), CUDA_13, True),
        ((9, 0), ("sm_90a",), True),
        ((9, 1), ("sm_90a",), False),
        ((10, 3), ("sm_100f",), True),
        ((9, 0), ("gfx942",), True),
    ],
)
def test_code_runs_on_later_minor_versions_and_ptx_on_all_later_ones(
    capability: tuple[int, int], architectures: tuple[str, ...], runs: bool
) -> None:
    assert Gpu("a GPU", capability, GIBIBYTE).runs(architectures) is runs


@pytest.mark.pytorch
def test_this_machines_pytorch_is_found_without_importing_it() -> None:
    assert this_machine().versions["torch"]
