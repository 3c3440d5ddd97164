"""The NVIDIA GPUs that the driver shows, and which code runs on them. Imports no engine."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from semseg.machine.problem import Problem

# The machine code inside mxnet-cu112 1.9.1, listed with cuobjdump. There is no PTX beside it that a driver could
# translate for newer GPUs.
COMPILED_FOR = ("sm_50", "sm_60", "sm_70", "sm_80", "sm_86")
ARCHITECTURE = re.compile(r"(sm|compute)_(\d+)(\d)(a?)f?")  # machine code, or PTX, which a driver translates

# CUdevice_attribute in NVIDIA's cuda.h
CAPABILITY_MAJOR = 75
CAPABILITY_MINOR = 76

NO_GPU = Problem("There is no GPU that the NVIDIA driver shows", "use instance_type='local'")


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU.

    Attributes:
        capability: compute capability, major and minor.
        memory: bytes in all.
    """

    name: str
    capability: tuple[int, int]
    memory: int

    @property
    def has_code(self) -> bool:
        """Returns whether MXNet's machine code runs on this GPU."""
        return self.runs(COMPILED_FOR)

    def runs(self, architectures: Iterable[str]) -> bool:
        """Returns whether code for one of these architectures, such as "sm_86" or "compute_90", runs on this GPU.

        Machine code (sm) must be made for the same major version and for no later minor version, PTX (compute) for no
        later version; either for this very version if its name ends with "a". A name of another form is trusted.

        Source: NVIDIA, CUDA C++ Programming Guide, "Binary Compatibility", "PTX Compatibility" and "Feature Set
        Compiler Targets".
        """
        return any(_runs_on(name, self.capability) for name in architectures)


def _runs_on(architecture: str, capability: tuple[int, int]) -> bool:
    form = ARCHITECTURE.fullmatch(architecture)
    if form is None:
        return True
    kind, made_for, is_for_one = form[1], (int(form[2]), int(form[3])), bool(form[4])
    if is_for_one:
        return capability == made_for
    return capability >= made_for and (kind == "compute" or capability[0] == made_for[0])


def gpus_of(driver: Any) -> tuple[Gpu, ...]:
    """Returns the GPUs that the driver's library (loaded by ctypes) shows; none if the driver refuses."""
    count = ctypes.c_int(0)
    if driver.cuInit(0) != 0 or driver.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return ()
    return tuple(gpu_of(driver, number) for number in range(count.value))


def gpu_of(driver: Any, number: int) -> Gpu:
    """Returns the facts about GPU ``number``, counted from 0."""
    device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    name, memory = ctypes.create_string_buffer(256), ctypes.c_size_t()
    driver.cuDeviceGet(ctypes.byref(device), number)
    driver.cuDeviceGetName(name, len(name), device)
    driver.cuDeviceGetAttribute(ctypes.byref(major), CAPABILITY_MAJOR, device)
    driver.cuDeviceGetAttribute(ctypes.byref(minor), CAPABILITY_MINOR, device)
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    return Gpu(name.value.decode(errors="replace"), (major.value, minor.value), memory.value)
