from __future__ import annotations

import ctypes
import dataclasses
from pathlib import Path
from typing import Any

import pytest

from semseg.errors import PlatformError
from semseg.machine.facts import driver_library, this_machine, usable_cores
from semseg.machine.graphics import Gpu, gpus_of
from semseg.machine.mxnet_problems import gpu_problem, problems, refuse_what_cannot_work
from tests.machine.machines import BARE, GIBIBYTE, H100, T4

CPU_PACKAGES = {
    "mxnet": "1.9.1",
    "gluoncv": "0.10.5.post0",
    "numpy": "1.26.4",
    "pillow": "11.0.0",
    "setuptools": "70.0",
}
CUDA_PACKAGES = {**CPU_PACKAGES, "mxnet-cu112": "1.9.1"}
del CUDA_PACKAGES["mxnet"]
HEALTHY = dataclasses.replace(BARE, versions=CPU_PACKAGES)


def without(name: str) -> dict[str, str]:
    return {package: version for package, version in CPU_PACKAGES.items() if package != name}


def test_a_healthy_machine_has_no_problems() -> None:
    assert problems(HEALTHY) == []
    assert problems(dataclasses.replace(HEALTHY, versions=CUDA_PACKAGES, has_driver=True, gpus=(T4,))) == []


FATAL = [
    (
        {"system": "Darwin", "architecture": "arm64"},
        "MXNet 1.9.1 exists for Linux on x86-64 only, and this is Darwin on arm64; train with PyTorch, or on a Linux "
        "x86-64 machine",
    ),
    ({"python": (3, 8)}, "semseg needs Python 3.9 or newer, and this is 3.8; make an environment with a newer Python"),
    ({"versions": without("mxnet")}, 'MXNet is not installed; in a clone of semseg, pip install ".[cpu]"'),
    (
        {"versions": without("mxnet"), "has_driver": True},
        'MXNet is not installed; in a clone of semseg, pip install ".[cu112]"',
    ),
    (
        {"versions": without("mxnet"), "python": (3, 13)},
        'MXNet is not installed; in a clone of semseg, pip install ".[cpu]" && pip install --no-deps mxnet==1.9.1',
    ),
    (
        {"versions": {**CPU_PACKAGES, "mxnet-cu112": "1.9.1"}, "has_driver": True},
        "Both mxnet and mxnet-cu112 are installed, and they overwrite each other's files; pip uninstall -y mxnet "
        'mxnet-cu112, then in a clone of semseg, pip install ".[cu112]"',
    ),
    (
        {"versions": {**CPU_PACKAGES, "numpy": "1.22.4"}},
        'MXNet runs with numpy 1.23 to 2.x, and numpy 1.22.4 is installed; pip install "numpy>=1.23,<3"',
    ),
    (
        {"versions": {**CPU_PACKAGES, "numpy": "3.0.0"}},
        'MXNet runs with numpy 1.23 to 2.x, and numpy 3.0.0 is installed; pip install "numpy>=1.23,<3"',
    ),
    (
        {"versions": without("gluoncv")},
        'GluonCV, which holds the networks, is not installed; in a clone of semseg, pip install ".[cpu]"',
    ),
    (
        {"has_distutils": False, "python": (3, 12)},
        "MXNet imports distutils, which is not here: Python 3.12 dropped it, and setuptools gives it back; "
        "pip install setuptools",
    ),
    (
        {"missing_libraries": ("libgomp.so.1",)},
        "MXNet needs the OpenMP library libgomp.so.1, which cannot be loaded; apt-get install libgomp1",
    ),
    (
        {"versions": CUDA_PACKAGES},
        "mxnet-cu112 cannot be imported without the NVIDIA driver, whose libcuda.so.1 is not here; install the driver, "
        'or pip uninstall -y mxnet-cu112, then in a clone of semseg, pip install ".[cpu]"',
    ),
    (
        {"versions": CUDA_PACKAGES, "has_driver": True, "missing_libraries": ("libcudnn.so.8", "libnccl.so.2")},
        'mxnet-cu112 needs libcudnn.so.8, libnccl.so.2, not found here; in a clone of semseg, pip install ".[cu112]"',
    ),
]

HINTS = [
    (
        {"python": (3, 14)},
        "MXNet 1.9.1 was tried with Python 3.9 to 3.13, and this is 3.14; take one of those should anything fail",
    ),
    (
        {"has_driver": True, "gpus": (H100, T4)},
        "The CPU edition of MXNet is installed, which leaves the Tesla T4 idle; to use it, pip uninstall -y mxnet, "
        'then in a clone of semseg, pip install ".[cu112]"',
    ),
    (
        {"versions": CUDA_PACKAGES, "has_driver": True, "gpus": (H100,)},
        "MXNet 1.9.1 holds no machine code for the NVIDIA H100 (compute capability 9.0; it holds 5.0 to 8.9); use "
        "PyTorch, instance_type='local', or a GPU from Maxwell to Ada",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), FATAL)
def test_what_mxnet_cannot_run_with_is_fatal_and_has_a_way_out(changes: dict[str, Any], sentence: str) -> None:
    (problem,) = problems(dataclasses.replace(HEALTHY, **changes))
    assert (str(problem), problem.fatal) == (sentence, True)


@pytest.mark.parametrize(("changes", "sentence"), HINTS)
def test_what_mxnet_can_run_with_is_a_hint(changes: dict[str, Any], sentence: str) -> None:
    (problem,) = problems(dataclasses.replace(HEALTHY, **changes))
    assert (str(problem), problem.fatal) == (sentence, False)


def test_fatal_problems_come_first() -> None:
    sick = dataclasses.replace(HEALTHY, versions=without("gluoncv"), python=(3, 14))
    assert [problem.fatal for problem in problems(sick)] == [True, False]


GPUS = [
    ({}, "There is no GPU that the NVIDIA driver shows; use instance_type='local'"),
    (
        {"gpus": (H100,)},
        "MXNet 1.9.1 holds no machine code for the NVIDIA H100 (compute capability 9.0; it holds 5.0 to "
        "8.9); use PyTorch, instance_type='local', or a GPU from Maxwell to Ada",
    ),
    (
        {"gpus": (H100, T4)},
        "The CPU edition of MXNet uses no GPU; pip uninstall -y mxnet, then in a clone of semseg, "
        'pip install ".[cu112]"',
    ),
    ({"gpus": (H100, T4), "versions": CUDA_PACKAGES}, "None"),
]


@pytest.mark.parametrize(("changes", "sentence"), GPUS)
def test_why_mxnet_trains_on_no_gpu_is_told(changes: dict[str, Any], sentence: str) -> None:
    assert str(gpu_problem(dataclasses.replace(HEALTHY, **changes))) == sentence


@pytest.mark.parametrize(
    ("capability", "has_code"),
    [
        ((3, 7), False),
        ((5, 2), True),
        ((6, 1), True),
        ((7, 5), True),
        ((8, 6), True),
        ((8, 9), True),
        ((9, 0), False),
        ((12, 0), False),
    ],
)
def test_code_runs_on_the_same_major_version_only(capability: tuple[int, int], has_code: bool) -> None:
    assert Gpu("a GPU", capability, GIBIBYTE).has_code is has_code


class FakeDriver:
    """Answers as libcuda.so.1 does, for two GPUs."""

    def __init__(self, init_result: int = 0) -> None:
        self.init_result = init_result
        self.devices = [("Tesla T4", 7, 5, 15 * GIBIBYTE), ("NVIDIA H100", 9, 0, 80 * GIBIBYTE)]

    def cuInit(self, flags: int) -> int:
        return self.init_result

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = len(self.devices)
        return 0

    def cuDeviceGet(self, device: Any, ordinal: int) -> int:
        device._obj.value = ordinal
        return 0

    def cuDeviceGetName(self, name: Any, length: int, device: ctypes.c_int) -> int:
        name.value = self.devices[device.value][0].encode()
        return 0

    def cuDeviceGetAttribute(self, value: Any, attribute: int, device: ctypes.c_int) -> int:
        value._obj.value = self.devices[device.value][{75: 1, 76: 2}[attribute]]
        return 0

    def cuDeviceTotalMem_v2(self, memory: Any, device: ctypes.c_int) -> int:
        memory._obj.value = self.devices[device.value][3]
        return 0


def test_the_driver_is_asked_for_every_gpu() -> None:
    assert gpus_of(FakeDriver()) == (T4, H100)


def test_a_driver_that_fails_shows_no_gpus() -> None:
    assert gpus_of(FakeDriver(init_result=100)) == ()  # CUDA_ERROR_NO_DEVICE


def write(root: Path, name: str, text: str) -> None:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_hyper_threads_count_once(tmp_path: Path) -> None:
    several = usable_cores(tmp_path)  # no topology there: every processor counts
    for number in range(1024):
        write(tmp_path, f"sys/devices/system/cpu/cpu{number}/topology/thread_siblings_list", "0-1023\n")
    assert several >= 1
    assert usable_cores(tmp_path) == 1


@pytest.mark.parametrize(
    "files",
    [
        {"cpu.max": "100000 100000\n"},
        {"cpu.max": "50000 100000\n"},
        {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"},
    ],
)
def test_a_control_group_of_one_processor_leaves_one_core(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        write(tmp_path, f"sys/fs/cgroup/{name}", text)
    assert usable_cores(tmp_path) == 1


@pytest.mark.parametrize(
    "files",
    [{"cpu.max": "max 100000\n"}, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}],
)
def test_a_control_group_without_a_limit_changes_nothing(tmp_path: Path, files: dict[str, str]) -> None:
    unlimited = usable_cores(tmp_path)
    for name, text in files.items():
        write(tmp_path, f"sys/fs/cgroup/{name}", text)
    assert usable_cores(tmp_path) == unlimited


def test_the_driver_of_nvidia_has_its_name_on_each_system() -> None:
    assert (driver_library("Linux"), driver_library("Windows")) == ("libcuda.so.1", "nvcuda.dll")


def test_this_machine_can_be_looked_at() -> None:
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.free_memory is None or machine.free_memory > 0
    assert machine.missing_posix == ()
    assert "numpy" in machine.versions


def test_the_first_fatal_problem_is_raised_with_its_way_out() -> None:
    windows = dataclasses.replace(HEALTHY, system="Windows", architecture="AMD64")
    with pytest.raises(PlatformError, match="and this is Windows on AMD64; train with PyTorch, or on a Linux"):
        refuse_what_cannot_work(windows)


def test_a_hint_is_not_raised() -> None:
    hinted = dataclasses.replace(HEALTHY, python=(3, 14))
    assert [problem.fatal for problem in problems(hinted)] == [False]
    refuse_what_cannot_work(hinted)
