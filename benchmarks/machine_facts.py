"""The facts about a machine that a table of figures must name."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from collections.abc import Iterator
from pathlib import Path

from semseg.machine.facts import usable_cores
from semseg.machine.memory import free_memory

PACKAGES = ("mxnet", "gluoncv", "openvino", "nncf", "onnxruntime", "torch", "torchvision", "numpy", "pillow")
INSTRUCTIONS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16")
BFLOAT16 = {"avx512_bf16", "amx_bf16"}  # one of these multiplies bfloat16


def machine_facts() -> dict[str, str]:
    instructions = set(cpu_field("flags").split())
    gpu, free = gpu_and_driver(), free_memory()
    return {
        **({"GPU": gpu} if gpu else {}),
        "processor": cpu_field("model name") or platform.processor(),
        "cores": str(usable_cores()),
        "instruction sets": " ".join(name for name in INSTRUCTIONS if name in instructions),
        **({} if free is None else {"free memory": f"{free / 2**30:.0f} GiB"}),
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {version}" for name, version in installed(PACKAGES)),
    }


def gpu_and_driver() -> str:
    """Returns what NVIDIA's tool says about the GPUs; "" where there is no such tool, or no GPU."""
    command = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        return "; ".join(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines())
    except (OSError, subprocess.CalledProcessError):
        return ""


def cpu_field(name: str) -> str:
    """Returns what /proc/cpuinfo says about the first processor; "" if it says nothing."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def installed(packages: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in packages:
        try:
            yield name, importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
