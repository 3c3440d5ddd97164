"""What jobs, endpoints and exports of this machine need of its system: functions of POSIX, which Windows has not."""

from __future__ import annotations

import importlib
import platform
from collections.abc import Mapping, Sequence

from semseg.errors import PlatformError
from semseg.machine.problem import Problem

# By Python's modules. Linux and macOS have them all.
NEEDED: Mapping[str, Sequence[str]] = {
    "fcntl": ("flock",),  # tells whether a job's process lives
    "os": ("killpg", "mkfifo"),  # ends a job with all that it started; streams a channel in Pipe mode
    "resource": ("setrlimit",),  # lets an endpoint have many connections
    "signal": ("pthread_sigmask",),  # keeps signals to an endpoint from its engine
}


def missing_names(needed: Mapping[str, Sequence[str]] = NEEDED) -> tuple[str, ...]:
    """Returns the names that Python does not have on this system, such as "os.killpg"; none on Linux and macOS."""
    return tuple(f"{module}.{name}" for module, names in needed.items() for name in names if not _has(module, name))


def posix_problem(missing: Sequence[str], system: str) -> Problem | None:
    """Returns what keeps jobs from running on this machine, given what its Python does not have; None if it has all.

    Args:
        missing: as of :func:`missing_names`.
        system: as ``platform.system()`` names it.
    """
    if not missing:
        return None
    return Problem(
        f"Jobs, endpoints and exports of this machine need the locks and process groups of POSIX, and Python on "
        f"{system} has no {missing[0]}",
        "use Linux, macOS or WSL (the Windows Subsystem for Linux), or one of SageMaker's instance types",
    )


def check_posix() -> None:
    """Raises PlatformError where this system cannot run jobs, endpoints and exports of this machine."""
    problem = posix_problem(missing_names(), platform.system())
    if problem is not None:
        raise PlatformError(str(problem))


def _has(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name)
    except ImportError:
        return False
