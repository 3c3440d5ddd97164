"""The facts about this machine that decide which engines run here, and how fast. Imports none of them."""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from semseg.machine.graphics import Gpu, gpus_of
from semseg.machine.memory import free_memory, text_of
from semseg.machine.posix import missing_names

CPU_EDITION = "mxnet"
CUDA_EDITION = "mxnet-cu112"
PYTORCH, SAFETENSORS = "torch", "safetensors"
OPENVINO, FOR_EXPORT = "openvino", ("onnx", "nncf", "onnxruntime")
DISTRIBUTIONS = (
    *(CPU_EDITION, CUDA_EDITION, "gluoncv", "numpy", "pillow", "setuptools"),
    *(PYTORCH, SAFETENSORS, OPENVINO, *FOR_EXPORT),
)

# The CUDA 11 libraries that libmxnet.so of mxnet-cu112 1.9.1 needs, each after those that it depends on.
CUDA_LIBRARIES = (
    "libcudart.so.11.0",
    "libnvToolsExt.so.1",
    "libnvrtc.so.11.2",
    "libcublasLt.so.11",
    "libcublas.so.11",
    "libcufft.so.10",
    "libcurand.so.10",
    "libcusolver.so.11",
    "libcudnn.so.8",
    "libnccl.so.2",
)

BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # of x86 and ARM processors, as Linux names them
FLAG_LINES = ("flags", "Features")  # of /proc/cpuinfo, on x86 and on ARM


@dataclass(frozen=True)
class Machine:
    """The facts that were found about a machine.

    Attributes:
        python: major and minor version.
        system, architecture: as `platform` names them, "Linux" and "x86_64".
        versions: distribution name -> version, of those of DISTRIBUTIONS that are installed.
        has_distutils: whether `import distutils` would succeed.
        missing_libraries: shared libraries that the installed edition of MXNet needs and that cannot be loaded.
        pytorch_has_cuda: whether PyTorch is installed, and built with CUDA.
        has_driver: whether the NVIDIA driver's library can be loaded.
        gpus: in the driver's order, which is also MXNet's.
        cores: physical processor cores that this process may use.
        omp_num_threads: the environment variable OMP_NUM_THREADS, "" where it is not set.
        free_memory: bytes; None where the system does not tell, as on macOS and Windows.
        free_shared_memory: bytes of /dev/shm; None where there is none.
        missing_posix: what Python does not have on this system, and jobs of this machine need.
        pytorch_architectures: what PyTorch holds code for, as "sm_90"; empty as long as PyTorch itself was not asked.
        processor_types: of numbers that the processor has instructions for and trains in.
    """

    python: tuple[int, int]
    system: str
    architecture: str
    versions: Mapping[str, str]
    has_distutils: bool
    missing_libraries: tuple[str, ...]
    pytorch_has_cuda: bool
    has_driver: bool
    gpus: tuple[Gpu, ...]
    cores: int
    omp_num_threads: str
    free_memory: int | None
    free_shared_memory: int | None
    missing_posix: tuple[str, ...] = ()
    pytorch_architectures: tuple[str, ...] = ()
    processor_types: tuple[str, ...] = ("float32",)


def this_machine() -> Machine:
    """Collects the facts about this machine. Loads the NVIDIA driver's library if there is one, and creates no CUDA
    context.
    """
    versions = installed_versions()
    driver = loaded(driver_library(platform.system()))
    return Machine(
        python=sys.version_info[:2],
        system=platform.system(),
        architecture=platform.machine(),
        versions=versions,
        has_distutils=importlib.util.find_spec("distutils") is not None,
        missing_libraries=missing_libraries(CUDA_EDITION in versions),
        pytorch_has_cuda=pytorch_has_cuda(),
        has_driver=driver is not None,
        gpus=gpus_of(driver) if driver is not None else (),
        cores=usable_cores(),
        omp_num_threads=os.environ.get("OMP_NUM_THREADS", ""),
        free_memory=free_memory(),
        free_shared_memory=free_shared_memory(),
        missing_posix=missing_names(),
        processor_types=processor_types(),
    )


def driver_library(system: str) -> str:
    """Returns the name of the NVIDIA driver's library on a system, which ``platform.system()`` names."""
    return "nvcuda.dll" if system == "Windows" else "libcuda.so.1"


def installed_versions(names: Sequence[str] = DISTRIBUTIONS) -> dict[str, str]:
    """Returns the versions of those of the distributions that are installed, by name."""
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def loaded(library: str) -> Any:
    """Returns the shared library, or None if it cannot be loaded."""
    try:
        return ctypes.CDLL(library)
    except OSError:
        return None


def missing_libraries(cuda: bool) -> tuple[str, ...]:
    """Returns the names of the shared libraries that MXNet needs and that cannot be loaded; with ``cuda`` those of CUDA
    too.
    """
    missing = [] if loaded("libgomp.so.1") else ["libgomp.so.1"]
    if cuda:
        packaged = packaged_cuda_libraries()
        missing += [name for name in CUDA_LIBRARIES if name not in packaged and not loaded(name)]
    return tuple(missing)


def pytorch_has_cuda() -> bool:
    """Returns whether PyTorch is installed, and holds its part for CUDA. Imports nothing."""
    spec = importlib.util.find_spec(PYTORCH)
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    return any(True for folder in folders for _ in folder.glob("lib/*torch_cuda.*"))


def packaged_cuda_libraries() -> dict[str, Path]:
    """Returns the files of those CUDA_LIBRARIES that NVIDIA's Python packages brought, by name, in the order to load
    them in.
    """
    spec = importlib.util.find_spec("nvidia")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    found = {}
    for name in CUDA_LIBRARIES:
        for folder in folders:
            for file in folder.glob(f"*/lib/{name}"):
                found[name] = file
    return found


def usable_cores(root: Path = Path("/")) -> int:
    """Returns the number of physical cores that this process may use, within the quota of its control group; at least
    1.

    Args:
        root: where /sys lies.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = physical_cores(sorted(os.sched_getaffinity(0)), root)
    else:  # not Linux
        cores = os.cpu_count() or 1
    return min(cores, cpu_quota(root) or cores)


def physical_cores(processors: list[int], root: Path) -> int:
    """Returns how many cores these processors are; two hyper-threads of one core count once."""
    topology = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    return len({text_of(root / topology.format(number)) or str(number) for number in processors})


def cpu_quota(root: Path) -> int | None:
    """Returns how many whole processors the control group allows, rounded down but at least 1; None if there is no
    limit.
    """
    groups = root / "sys/fs/cgroup"
    words = text_of(groups / "cpu.max").split() or [  # version 2: "200000 100000", or "max 100000"
        text_of(groups / "cpu/cpu.cfs_quota_us"),  # version 1: -1 = no limit
        text_of(groups / "cpu/cpu.cfs_period_us"),
    ]
    if not all(word.isdigit() and int(word) for word in words):
        return None
    quota, period = (int(word) for word in words)
    return max(1, quota // period)


def processor_types(root: Path = Path("/")) -> tuple[str, ...]:
    """Returns the types of numbers that the processor has instructions for and trains in; float16 is for GPUs."""
    return ("float32", "bfloat16") if BFLOAT16_FLAGS & processor_flags(root) else ("float32",)


def processor_flags(root: Path) -> set[str]:
    """Returns the names of the abilities of the first processor; none where Linux does not tell them."""
    lines = (line.partition(":") for line in text_of(root / "proc/cpuinfo").splitlines())
    return next((set(values.split()) for name, _, values in lines if name.strip() in FLAG_LINES), set())


def has_driver() -> bool:
    """Returns whether the NVIDIA driver's library can be loaded."""
    return loaded(driver_library(platform.system())) is not None


def free_shared_memory() -> int | None:
    """Returns the free bytes of /dev/shm; None where there is none."""
    try:
        state = os.statvfs("/dev/shm")
    except (OSError, AttributeError):  # Windows has no statvfs
        return None
    return state.f_bavail * state.f_frsize
