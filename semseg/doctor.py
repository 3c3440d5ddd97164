"""``python -m semseg.doctor``: what this machine has, what stands in MXNet's way, and the way out of it.

Ends with exit code 0 where MXNet can work here, 1 where it cannot: training needs it, and so does serving where
OpenVINO is not installed. Needs neither itself.
"""

from __future__ import annotations

import json
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Union

from semseg.contract.environment import MXNET
from semseg.engines.choice import Installed, Wish, choose
from semseg.errors import PlatformError
from semseg.machine.facts import CPU_EDITION, CUDA_EDITION, FOR_EXPORT, OPENVINO, Machine, this_machine
from semseg.machine.graphics import Gpu
from semseg.machine.mxnet_problems import problems
from semseg.machine.problem import Problem
from semseg.machine.python_command import python_command
from semseg.machine.resource_problems import resource_problems

PROBE = python_command("semseg.engines.gluon.probe")
PROBE_SECONDS = 120
GIBIBYTE = 2**30
INSTALL_ANEW = "install semseg into a fresh environment"

Answer = dict[str, Any]  # what the probe prints, as JSON
Probed = Union[Answer, Problem, None]


def main() -> int:
    """Prints the report, and returns the exit code."""
    machine = this_machine()
    found = [*problems(machine), *resource_problems(machine)]
    probed = None if any(problem.fatal for problem in found) else probe(PROBE)
    if isinstance(probed, Problem):
        found.insert(0, probed)
    for name, value in facts(machine, probed):
        print(f"{name:<12}{value}")
    print()
    print(advice(found))
    if any(problem.fatal for problem in found) and OPENVINO in machine.versions:
        print("Models are served all the same, by OpenVINO; training needs MXNet.")
    return 1 if any(problem.fatal for problem in found) else 0


def probe(command: Sequence[str], seconds: float = PROBE_SECONDS) -> Probed:
    """Asks MXNet about itself in a process of its own, and returns the answer, or a fatal Problem where that fails."""
    try:
        child = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return Problem(f"Importing MXNet took more than {seconds} seconds", "see what else this machine is doing")
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        return Problem(f"Importing MXNet crashed with {name}", INSTALL_ANEW)
    if child.returncode > 0:
        reason = (child.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Problem(f"MXNet cannot be imported: {reason}", INSTALL_ANEW)
    answer: Answer = json.loads(child.stdout.splitlines()[-1])
    return answer


def facts(machine: Machine, probed: Probed) -> Iterator[tuple[str, str]]:
    """Yields name and value of each line of the report."""
    answer = probed if isinstance(probed, dict) else {}
    yield "Python", f"{platform.python_version()} on {machine.system} {machine.architecture}"
    yield "numpy", machine.versions.get("numpy", "not installed")
    yield "Pillow", machine.versions.get("pillow", "not installed")
    yield "MXNet", engine_line(machine, answer)
    yield "GluonCV", machine.versions.get("gluoncv", "not installed")
    yield "OpenVINO", openvino_line(machine)
    yield "Serving", serving_line(machine)
    threads = f"; MXNet uses {answer['threads']} threads" if answer else ""
    yield "Processor", f"{machine.cores} cores for this process{threads}"
    for number, gpu in enumerate(machine.gpus):
        yield f"GPU {number}", gpu_line(gpu)
    if not machine.gpus:
        yield "GPU", "none that the NVIDIA driver shows" if machine.has_driver else "none: no NVIDIA driver"
    memory, shared = machine.free_memory / GIBIBYTE, machine.free_shared_memory / GIBIBYTE
    yield "Memory", f"{memory:.1f} GiB free, /dev/shm {shared:.1f} GiB free"


def engine_line(machine: Machine, answer: Answer) -> str:
    editions = [f"{name} {machine.versions[name]}" for name in (CPU_EDITION, CUDA_EDITION) if name in machine.versions]
    if not editions:
        return "not installed"
    features = f", built with {' '.join(answer['features'])}; sees {answer['gpus']} GPUs" if answer else ""
    return " and ".join(editions) + features


def openvino_line(machine: Machine) -> str:
    """Returns its version, and those of the packages that exports need beside it."""
    if OPENVINO not in machine.versions:
        return "not installed"
    others = ", ".join(f"{name} {machine.versions.get(name, 'not installed')}" for name in FOR_EXPORT)
    return f"{machine.versions[OPENVINO]}; for exports: {others}"


def serving_line(machine: Machine) -> str:
    """Returns which engine a server takes where it is told none."""
    modules = {CUDA_EDITION: CPU_EDITION}  # both editions install the module mxnet
    gpu = CUDA_EDITION in machine.versions and any(gpu.has_code for gpu in machine.gpus)
    installed = Installed([modules.get(name, name) for name in machine.versions], gpu)
    try:
        engine = choose(Wish(), (), True, installed).engine
    except PlatformError as error:
        return str(error)
    if engine != MXNET:
        return "by OpenVINO, on the processor"
    return 'by MXNet, on a GPU; by OpenVINO for "local"' if gpu and OPENVINO in installed.packages else "by MXNet"


def gpu_line(gpu: Gpu) -> str:
    major, minor = gpu.capability
    code = "MXNet 1.9.1 has code for it" if gpu.has_code else "MXNet 1.9.1 has no code for it"
    return f"{gpu.name}, compute capability {major}.{minor}, {gpu.memory / GIBIBYTE:.1f} GiB; {code}"


def advice(found: Sequence[Problem]) -> str:
    """Returns the problems, each with its way out."""
    if not found:
        return "Nothing stands in MXNet's way."
    kinds = {True: "Problem", False: "Hint"}
    return "\n".join(f"{kinds[problem.fatal]}: {problem.sentence}.\n  Way out: {problem.way_out}" for problem in found)


if __name__ == "__main__":
    sys.exit(main())
