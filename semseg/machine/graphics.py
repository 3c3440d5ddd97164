"""The NVIDIA GPUs that the driver shows, and whether MXNet holds machine code for them. Imports no MXNet."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

from semseg.machine.problem import Problem

# The machine code inside mxnet-cu112 1.9.1, listed with cuobjdump. There is no PTX beside it that a driver could
# translate for newer GPUs.
COMPILED_FOR = ((5, 0), (6, 0), (7, 0), (8, 0), (8, 6))

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
        """Returns whether MXNet's machine code runs on this GPU: it must be made for the same major version and for no
        later minor version.

        Source: NVIDIA, CUDA C++ Programming Guide, "Binary Compatibility".
        """
        major, minor = self.capability
        return any(major == code[0] and minor >= code[1] for code in COMPILED_FOR)


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
