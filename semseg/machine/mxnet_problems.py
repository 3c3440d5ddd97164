"""The problems that keep MXNet from running on this machine, each with a way out. Imports no MXNet."""

from __future__ import annotations

from collections.abc import Iterator

from semseg.errors import PlatformError
from semseg.machine.facts import CPU_EDITION, CUDA_EDITION, Machine
from semseg.machine.graphics import NO_GPU, Gpu
from semseg.machine.problem import Problem, first_fatal

OLDEST_PYTHON = (3, 9)
NEWEST_PYTHON = (3, 13)  # the newest that was tried
NEEDS_TWO_COMMANDS = (3, 13)  # from here on numpy has no version that MXNet's metadata accepts
OLDEST_NUMPY = (1, 23)


def problems(machine: Machine) -> list[Problem]:
    """Returns all problems of a machine; those that must be solved before MXNet can run come first."""
    found = [
        *platform_problems(machine),
        *package_problems(machine),
        *cuda_problems(machine),
    ]
    return sorted(found, key=lambda problem: not problem.fatal)


def refuse_what_cannot_work(machine: Machine) -> None:
    """Raises PlatformError with the first problem that MXNet cannot run with, where there is one."""
    problem = first_fatal(problems(machine))
    if problem is not None:
        raise PlatformError(str(problem))


def platform_problems(machine: Machine) -> Iterator[Problem]:
    """Yields the problems of the operating system, the processor and the version of Python."""
    if (machine.system, machine.architecture) != ("Linux", "x86_64"):
        yield Problem(
            f"MXNet 1.9.1 exists for Linux on x86-64 only, and this is {machine.system} on {machine.architecture}",
            "train with PyTorch, or on a Linux x86-64 machine",
        )
    version = ".".join(str(part) for part in machine.python)
    if machine.python < OLDEST_PYTHON:
        yield Problem(
            f"semseg needs Python 3.9 or newer, and this is {version}", "make an environment with a newer Python"
        )
    if machine.python > NEWEST_PYTHON:
        yield Problem(
            f"MXNet 1.9.1 was tried with Python 3.9 to 3.13, and this is {version}",
            "take one of those should anything fail",
            fatal=False,
        )


def package_problems(machine: Machine) -> Iterator[Problem]:
    """Yields the problems of Python packages and shared libraries."""
    yield from edition_problems(machine)
    numpy = machine.versions.get("numpy", "none")
    if not OLDEST_NUMPY <= version_of(numpy) < (3,):
        yield Problem(
            f"MXNet runs with numpy 1.23 to 2.x, and numpy {numpy} is installed", 'pip install "numpy>=1.23,<3"'
        )
    if "gluoncv" not in machine.versions:
        yield Problem("GluonCV, which holds the networks, is not installed", install(machine, edition_extra(machine)))
    if not machine.has_distutils:
        yield Problem(
            "MXNet imports distutils, which is not here: Python 3.12 dropped it, and setuptools gives it back",
            "pip install setuptools",
        )
    if "libgomp.so.1" in machine.missing_libraries:
        yield Problem("MXNet needs the OpenMP library libgomp.so.1, which cannot be loaded", "apt-get install libgomp1")


def edition_problems(machine: Machine) -> Iterator[Problem]:
    """Yields the problems of MXNet's own packages: neither, both, or the wrong one of its two editions."""
    installed = [name for name in (CPU_EDITION, CUDA_EDITION) if name in machine.versions]
    if not installed:
        extra = "cu112" if machine.has_driver else "cpu"
        yield Problem("MXNet is not installed", install(machine, extra))
    if len(installed) == 2:
        yield Problem(
            "Both mxnet and mxnet-cu112 are installed, and they overwrite each other's files",
            f"pip uninstall -y mxnet mxnet-cu112, then {install(machine, edition_extra(machine))}",
        )
    idle = [gpu.name for gpu in machine.gpus if gpu.has_code]
    if installed == [CPU_EDITION] and idle:
        yield Problem(
            f"The CPU edition of MXNet is installed, which leaves the {idle[0]} idle",
            f"to use it, pip uninstall -y mxnet, then {install(machine, 'cu112')}",
            fatal=False,
        )


def cuda_problems(machine: Machine) -> Iterator[Problem]:
    """Yields the problems of the CUDA edition: no driver, no libraries, or a GPU that it holds no code for."""
    if CUDA_EDITION not in machine.versions:
        return
    if not machine.has_driver:
        yield Problem(
            "mxnet-cu112 cannot be imported without the NVIDIA driver, whose libcuda.so.1 is not here",
            f"install the driver, or pip uninstall -y mxnet-cu112, then {install(machine, 'cpu')}",
        )
    cuda = [name for name in machine.missing_libraries if name != "libgomp.so.1"]
    if cuda:
        yield Problem(f"mxnet-cu112 needs {', '.join(cuda)}, not found here", install(machine, "cu112"))
    for gpu in machine.gpus:
        if not gpu.has_code:
            yield _without_code(gpu)


def gpu_problem(machine: Machine) -> Problem | None:
    """Returns what keeps MXNet from training on a GPU of this machine; None where it can."""
    if not machine.gpus:
        return NO_GPU
    if not any(gpu.has_code for gpu in machine.gpus):
        return _without_code(machine.gpus[0])
    if CUDA_EDITION not in machine.versions:
        return Problem(
            "The CPU edition of MXNet uses no GPU", f"pip uninstall -y mxnet, then {install(machine, 'cu112')}"
        )
    return None


def _without_code(gpu: Gpu) -> Problem:
    major, minor = gpu.capability
    return Problem(
        f"MXNet 1.9.1 holds no machine code for the {gpu.name} (compute capability {major}.{minor}; "
        "it holds 5.0 to 8.9)",
        "use PyTorch, instance_type='local', or a GPU from Maxwell to Ada",
        fatal=False,
    )


def edition_extra(machine: Machine) -> str:
    """Returns the extra of semseg to install on a machine: "cu112" with a GPU's driver and the CUDA edition, otherwise
    "cpu".
    """
    return "cu112" if machine.has_driver and CUDA_EDITION in machine.versions else "cpu"


def install(machine: Machine, extra: str) -> str:
    """Returns the command that installs this extra, or both commands if it takes two."""
    command = f'pip install ".[{extra}]"'
    if machine.python >= NEEDS_TWO_COMMANDS:
        edition = {"cpu": CPU_EDITION, "cu112": CUDA_EDITION}[extra]
        command += f" && pip install --no-deps {edition}==1.9.1"
    return f"in a clone of semseg, {command}"


def version_of(text: str) -> tuple[int, ...]:
    """Returns the leading numbers of a version: (1, 26) of "1.26.4"."""
    return tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
