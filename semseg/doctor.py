"""``python -m semseg.doctor``: what this machine has, what stands in the way of each engine, and the way out of it.

Ends with exit code 0 where an engine can train here, MXNet or PyTorch, and 1 where none can, or where this system runs
no jobs. Needs none itself.

``python -m semseg.doctor DATA``: what a training job would say of the data set in the folder DATA, what it holds and
what suits it; see :func:`semseg.data.check`. Ends with exit code 1 where a job would be refused.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Union

from semseg.contract.environment import MXNET, PYTORCH, TITLES, without_aws
from semseg.contract.exported_forms import OPENVINO
from semseg.engines.choice import Installed, Wish, choose
from semseg.engines.training_choice import TrainingEngine, engines_here, engines_on_gpu
from semseg.errors import PlatformError, UserError
from semseg.machine import mxnet_problems, pytorch_problems
from semseg.machine.facts import CPU_EDITION, CUDA_EDITION, FOR_EXPORT, Machine, this_machine
from semseg.machine.graphics import Gpu
from semseg.machine.posix import posix_problem
from semseg.machine.problem import Problem, first_fatal
from semseg.machine.python_command import python_command
from semseg.machine.resource_problems import resource_problems
from semseg.plumbing.counted import counted

PROBES = {MXNET: python_command("semseg.engines.gluon.probe"), PYTORCH: python_command("semseg.engines.pytorch.probe")}
PROBE_SECONDS = 120
GIBIBYTE = 2**30
INSTALL_ANEW = "install semseg into a fresh environment"
NOT_HERE = "not on this machine"

Answer = dict[str, Any]  # what a probe prints, as JSON
Probed = Union[Answer, Problem]


@dataclass(frozen=True)
class Examined:
    """An engine that trains, as it was found.

    Attributes:
        engine: as it stands on this machine.
        problems: what keeps it from running, or from running well.
        answer: what it says about itself; empty where it cannot run.
    """

    engine: TrainingEngine
    problems: tuple[Problem, ...]
    answer: Answer

    @property
    def trains(self) -> bool:
        """Whether it can train here."""
        return first_fatal(self.problems) is None


@dataclass(frozen=True)
class MachineReport:
    """What a machine has; printed, it is the report that people read.

    Attributes:
        facts: the lines of the report, by their names.
        problems: what stands in the way, fatal ones first.
        able: the names of the engines that train.
        runs_jobs: whether an engine can train, and this system runs jobs.
        advice: the problems in sentences, each with its way out, and what can be done all the same.
    """

    facts: Mapping[str, str]
    problems: tuple[Problem, ...]
    able: tuple[str, ...]
    runs_jobs: bool
    advice: str

    def __str__(self) -> str:
        return "\n".join([*(f"{name:<12}{value}" for name, value in self.facts.items()), "", self.advice])


def main(arguments: Sequence[str] = ()) -> int:
    """Prints the report of this machine, or of the data set in the folder that the arguments name; returns the exit
    code.
    """
    parser = argparse.ArgumentParser(prog="python -m semseg.doctor", description="What this machine can do.")
    parser.add_argument("data", nargs="?", help="look at the data set in this folder instead")
    parser.add_argument("--num-classes", type=int, help="of the job; as its masks suggest where it is not given")
    given = parser.parse_args(arguments)
    return report_of_machine() if given.data is None else report_of_data(given.data, given.num_classes)


def report_of_data(folder: str, num_classes: int | None) -> int:
    """Prints what was found in a data set, and returns the exit code."""
    from semseg.inspection.check import check  # not at the top: the report of a machine needs no numpy

    try:
        found = check(folder, num_classes)
    except UserError as error:
        print(error)
        return 1
    print(found)
    return int(found.is_refused)


def report_of_machine() -> int:
    """Prints what this machine has, and returns the exit code."""
    report = machine_report()
    print(report)
    return 0 if report.runs_jobs else 1


def machine_report() -> MachineReport:
    """Returns what this machine has, and what stands in the way of each engine."""
    machine, examined = examine(this_machine())
    refusal = posix_problem(machine.missing_posix, machine.system)
    problems = [*problems_to_tell(examined), *resource_problems(machine)]
    able = tuple(each.engine.name for each in examined if each.trains)
    if refusal is not None:
        problems = [refusal, *problems]
    return MachineReport(
        dict(facts(machine, examined)),
        tuple(problems),
        able,
        refusal is None and bool(able),
        advice(problems, examined if refusal is None else []),
    )


def examine(machine: Machine) -> tuple[Machine, list[Examined]]:
    """Returns the machine with what its engines say about it, and what is found about each of them."""
    able = [engine.name for engine in engines_here(machine) if engine.problem is None]
    return found(machine, {name: probe(PROBES[name], TITLES[name]) for name in able})


def found(machine: Machine, probed: Mapping[str, Probed]) -> tuple[Machine, list[Examined]]:
    """Returns the same, given what the probes of the engines that can run came to."""
    answers = {name: answer for name, answer in probed.items() if not isinstance(answer, Problem)}
    machine = replace(machine, pytorch_architectures=tuple(answers.get(PYTORCH, {}).get("architectures", ())))
    failed = {name: (problem,) for name, problem in probed.items() if isinstance(problem, Problem)}
    return machine, [
        Examined(engine, (*failed.get(engine.name, ()), *problems_of(engine, machine)), answers.get(engine.name, {}))
        for engine in engines_here(machine)
    ]


def problems_of(engine: TrainingEngine, machine: Machine) -> list[Problem]:
    """Returns what keeps an engine from running on a machine, or from running well."""
    return (mxnet_problems if engine.name == MXNET else pytorch_problems).problems(machine)


def probe(command: Sequence[str], title: str, seconds: float = PROBE_SECONDS) -> Probed:
    """Asks an engine about itself in a process of its own, and returns the answer, or a fatal Problem where that fails.

    Args:
        title: the engine's name, as people write it.
    """
    try:
        environment = without_aws(os.environ)
        child = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return Problem(f"Importing {title} took more than {seconds} seconds", "see what else this machine is doing")
    if child.returncode < 0:
        name = signal.Signals(-child.returncode).name
        return Problem(f"Importing {title} crashed with {name}", INSTALL_ANEW)
    if child.returncode > 0:
        reason = (child.stderr.strip().splitlines() or ["no reason given"])[-1]
        return Problem(f"{title} cannot be imported: {reason}", INSTALL_ANEW)
    answer: Answer = json.loads(child.stdout.splitlines()[-1])
    return answer


def problems_to_tell(examined: Sequence[Examined]) -> list[Problem]:
    """Returns the problems of the engines, fatal ones first.

    Where one engine trains, that another is not installed is no problem.
    """
    trains = any(each.trains for each in examined)
    told = [problem for each in examined if each.engine.version or not trains for problem in each.problems]
    return sorted(told, key=lambda problem: not problem.fatal)


def facts(machine: Machine, examined: Sequence[Examined]) -> Iterator[tuple[str, str]]:
    """Yields name and value of each line of the report."""
    answers = {each.engine.name: each.answer for each in examined}
    yield "Python", f"{platform.python_version()} on {machine.system} {machine.architecture}"
    yield "numpy", machine.versions.get("numpy", "not installed")
    yield "Pillow", machine.versions.get("pillow", "not installed")
    yield "MXNet", mxnet_line(machine, answers[MXNET])
    yield "GluonCV", machine.versions.get("gluoncv", "not installed")
    yield "PyTorch", pytorch_line(machine, answers[PYTORCH])
    yield "OpenVINO", openvino_line(machine)
    yield "Training", training_line(machine, examined)
    yield "Serving", serving_line(machine)
    threads = (
        f"; {TITLES[name]} uses {counted(answer['threads'], 'thread')}" for name, answer in answers.items() if answer
    )
    yield "Processor", f"{counted(machine.cores, 'core')} for this process{''.join(threads)}"
    for number, gpu in enumerate(machine.gpus):
        yield f"GPU {number}", gpu_line(gpu, machine)
    if not machine.gpus:
        yield "GPU", no_gpu_line(machine)
    memory = {"": machine.free_memory, "/dev/shm ": machine.free_shared_memory}
    free = ", ".join(f"{place}{size / GIBIBYTE:.1f} GiB free" for place, size in memory.items() if size is not None)
    if free:  # macOS and Windows tell of neither
        yield "Memory", free


def mxnet_line(machine: Machine, answer: Answer) -> str:
    """Returns the installed edition, and what it is built with where it runs."""
    editions = [f"{name} {machine.versions[name]}" for name in (CPU_EDITION, CUDA_EDITION) if name in machine.versions]
    if not editions:
        return "not installed"
    features = f", built with {' '.join(answer['features'])}; sees {answer['gpus']} GPUs" if answer else ""
    return " and ".join(editions) + features


def pytorch_line(machine: Machine, answer: Answer) -> str:
    """Returns its version, and where it runs the types that each device computes in."""
    if "torch" not in machine.versions:
        return "not installed"
    devices = (f"; {name} in {', '.join(types)}" for name, types in answer.get("devices", {}).items())
    return machine.versions["torch"] + "".join(devices)


def openvino_line(machine: Machine) -> str:
    """Returns its version, and those of the packages that exports need beside it."""
    if OPENVINO not in machine.versions:
        return "not installed"
    others = ", ".join(f"{name} {machine.versions.get(name, 'not installed')}" for name in FOR_EXPORT)
    return f"{machine.versions[OPENVINO]}; for exports: {others}"


def training_line(machine: Machine, examined: Sequence[Examined]) -> str:
    """Returns which engines can train, the one that "auto" takes first, and which can on a GPU."""
    if machine.missing_posix:
        return NOT_HERE
    able = [each.engine for each in examined if each.trains]
    if not able:
        return "by no engine"
    on_gpu = [TITLES[name] for name in engines_on_gpu(able)]
    gpu = f"; on a GPU by {' or '.join(on_gpu)}" if on_gpu else ""
    return f"by {' or '.join(TITLES[engine.name] for engine in able)}{gpu}"


def serving_line(machine: Machine) -> str:
    """Returns which engine a server takes where it is told none."""
    if machine.missing_posix:
        return NOT_HERE
    modules = {CUDA_EDITION: CPU_EDITION}  # both editions install the module mxnet
    packages = [modules.get(name, name) for name in machine.versions]
    installed = Installed(packages, engines_on_gpu(engines_here(machine)))
    try:
        on_cpu, anywhere = (TITLES[choose(Wish(), (), True, installed, kind).engine] for kind in ("local", ""))
    except PlatformError as error:
        return str(error)
    return f"by {on_cpu}" if on_cpu == anywhere else f'by {anywhere}, on a GPU; by {on_cpu} for "local"'


def gpu_line(gpu: Gpu, machine: Machine) -> str:
    """Returns what a GPU is, and which engines have code for it, as far as they are known to."""
    major, minor = gpu.capability
    has_code = {"MXNet 1.9.1": gpu.has_code}
    if machine.pytorch_architectures:
        has_code["PyTorch"] = gpu in pytorch_problems.usable_gpus(machine)
    code = ", ".join(f"{name} has {'' if has else 'no '}code for it" for name, has in has_code.items())
    return f"{gpu.name}, compute capability {major}.{minor}, {gpu.memory / GIBIBYTE:.1f} GiB; {code}"


def no_gpu_line(machine: Machine) -> str:
    """Returns why no GPU is listed."""
    if pytorch_problems.has_mps(machine):
        return "Apple's, which PyTorch uses by Metal (MPS)"
    return "none that the NVIDIA driver shows" if machine.has_driver else "none: no NVIDIA driver"


def advice(found: Sequence[Problem], examined: Sequence[Examined]) -> str:
    """Returns the problems, each with its way out, and what can be done all the same."""
    kinds = {True: "Problem", False: "Hint"}
    lines = [f"{kinds[problem.fatal]}: {problem.sentence}.\n  Way out: {problem.way_out}" for problem in found]
    able = " and ".join(TITLES[each.engine.name] for each in examined if each.trains)
    if not found:
        lines.append(f"Nothing stands in the way of {able}.")
    elif able and first_fatal(found) is not None:
        lines.append(f"{able} can train all the same.")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
