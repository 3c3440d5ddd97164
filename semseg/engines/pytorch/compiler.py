"""What torch.compile needs beside PyTorch: it writes source code, and lets a compiler translate that."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import torch

from semseg.engines.pytorch.devices import name_of
from semseg.errors import PlatformError

HEADERS = Path(sysconfig.get_paths()["include"])
COMPILERS = {"win32": ("cl",), "darwin": ("clang++",)}  # by sys.platform; everywhere else:
GNU = ("g++",)
FOR_TRITON = ("gcc", "clang", "cc")


def check_compiler(
    on: torch.device,
    environment: Mapping[str, str] = os.environ,
    system: str = sys.platform,
    headers: Path = HEADERS,
) -> None:
    """Refuses a job that asks for a compiled training step where it cannot be compiled.

    Args:
        on: the device that the step is for.
        environment: says where compilers are found, and may name one.
        system: as ``sys.platform`` has it.
        headers: the folder of Python's own headers.

    Raises:
        PlatformError: what is needed is not installed.
    """
    missing = _missing(on, environment, system, headers)
    if missing:
        raise PlatformError(
            f"compile is True, and to compile for {name_of(on)} PyTorch needs {missing}, or leave compile out"
        )


def _missing(on: torch.device, environment: Mapping[str, str], system: str, headers: Path) -> str:
    """Returns what is needed and missing, and how to get it; "" if nothing is."""
    by_triton = on.type == "cuda"
    if by_triton and importlib.util.find_spec("triton") is None:
        return "the package triton, which is not installed; install it"
    variable, names = ("CC", FOR_TRITON) if by_triton else ("CXX", COMPILERS.get(system, GNU))
    candidates = (environment[variable],) if environment.get(variable) else names
    if not any(shutil.which(name, path=environment.get("PATH")) for name in candidates):
        return f"a compiler ({' or '.join(candidates)}), which is not installed; install one"
    if not (headers / "Python.h").is_file():
        return f"Python's headers, and there is no {headers / 'Python.h'}; install the package with Python's headers"
    return ""
