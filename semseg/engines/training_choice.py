"""The choice of the engine that trains a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semseg.contract.environment import AUTO, MXNET, PYTORCH, TITLES
from semseg.contract.hyperparameters import BFLOAT16, FLOAT32, Hyperparameters
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.errors import PlatformError
from semseg.machine import mxnet_problems, pytorch_problems
from semseg.machine.facts import CPU_EDITION, CUDA_EDITION, Machine
from semseg.machine.facts import PYTORCH as TORCH
from semseg.machine.problem import Problem, first_fatal

FOR_PYTORCH = f"for PyTorch, {pytorch_problems.INSTALL}"
INSTALL = 'in a clone of semseg, pip install ".[local]"'


@dataclass(frozen=True)
class Job:
    """What a job asks of the engine that trains it.

    Attributes:
        hyperparameters: of the job.
        instance_type: as "local", "local_gpu" or "ml.p3.2xlarge"; "" where it is not known.
        processes: how many train it together.
    """

    hyperparameters: Hyperparameters
    instance_type: str = ""
    processes: int = 1

    @property
    def wants_bfloat16(self) -> bool:
        """Whether it is to have as many steps as it can in its time, and may have them in bfloat16."""
        return bool(self.hyperparameters.time_budget) and self.hyperparameters.precision_dtype == AUTO


@dataclass(frozen=True)
class TrainingEngine:
    """One engine that trains, as it stands on this machine; ``container/engines.py`` opens it.

    Attributes:
        name: as the hyperparameter ``engine`` has it.
        version: of what is installed; "" where it is not installed.
        problem: what keeps it from running here; None if nothing does.
        gpu_problem: what keeps it from computing on a GPU of this machine; None if nothing does.
        types: of numbers that it trains in on this machine's processor, and not by emulating them.
    """

    name: str
    version: str
    problem: Problem | None
    gpu_problem: Problem | None
    types: tuple[str, ...]

    @property
    def title(self) -> str:
        """Name and version, as people write them."""
        return f"{TITLES[self.name]} {self.version}".strip()

    def problem_with(self, job: Job, on_gpu: bool) -> Problem | None:
        """Returns why it cannot train a job, on a GPU if ``on_gpu``; None if it can."""
        if self.problem is not None:
            return self.problem
        if self.name == MXNET and job.hyperparameters.beyond_mxnet:
            return Problem(job.hyperparameters.beyond_mxnet, f"leave it out, or, {FOR_PYTORCH}")
        if on_gpu and self.gpu_problem is not None:
            return self.gpu_problem
        if self.name == MXNET and job.processes > 1:
            return Problem(
                f"MXNet trains in one process, and the job has {job.processes}",
                FOR_PYTORCH,
            )
        return None


@dataclass(frozen=True)
class TrainingChoice:
    """The engine that trains a job.

    Attributes:
        engine: its name, as the hyperparameter ``engine`` has it.
        sentence: says which it is, and why.
    """

    engine: str
    sentence: str


def engines_here(machine: Machine) -> tuple[TrainingEngine, ...]:
    """Returns all engines that train, the preferred one first, as they stand on a machine."""
    editions = [machine.versions[name] for name in (CPU_EDITION, CUDA_EDITION) if name in machine.versions]
    return (
        TrainingEngine(
            MXNET,
            editions[0] if editions else "",
            first_fatal(mxnet_problems.problems(machine)),
            mxnet_problems.gpu_problem(machine),
            (FLOAT32,),
        ),
        TrainingEngine(
            PYTORCH,
            machine.versions.get(TORCH, ""),
            first_fatal(pytorch_problems.problems(machine)),
            pytorch_problems.gpu_problem(machine),
            machine.processor_types,
        ),
    )


def engines_on_gpu(engines: Sequence[TrainingEngine]) -> tuple[str, ...]:
    """Returns the names of the engines that can compute on a GPU here."""
    return tuple(engine.name for engine in engines if engine.version and engine.gpu_problem is None)


def choose(job: Job, engines: Sequence[TrainingEngine]) -> TrainingChoice:
    """Returns the engine that the job asks for; with "auto" the first that can train it on the devices asked for.

    On a SageMaker instance that is one that can use its GPUs, if there is one. On a processor, a job with a time budget
    that leaves its precision to its plan takes one that trains in bfloat16, if there is one: it has more steps then.

    Args:
        engines: as of :func:`engines_here`.

    Raises:
        PlatformError: what the job needs is not installed, or cannot run here.
    """
    wanted, must_have_gpu = job.hyperparameters.engine, job.instance_type == LOCAL_GPU
    if wanted != AUTO:
        (engine,) = (engine for engine in engines if engine.name == wanted)
        problem = engine.problem_with(job, must_have_gpu)
        if problem is not None:
            raise PlatformError(str(problem))
        return _chosen(engine, f"engine is {wanted}")
    has_gpu = any(engine.problem_with(job, on_gpu=True) is None for engine in engines)
    return _first(job, engines, must_have_gpu or (job.instance_type != LOCAL and has_gpu))


def _first(job: Job, engines: Sequence[TrainingEngine], on_gpu: bool) -> TrainingChoice:
    for engine in engines:
        if not on_gpu and job.wants_bfloat16 and BFLOAT16 in engine.types and engine.problem_with(job, on_gpu) is None:
            return _chosen(engine, "the job has a time budget, and this processor is faster in bfloat16")
    reason = "engine is auto, and it runs here"
    for engine in engines:
        problem = engine.problem_with(job, on_gpu)
        if problem is None:
            return _chosen(engine, reason)
        reason = problem.sentence
    raise PlatformError(_refusal(job, engines, on_gpu))


def _chosen(engine: TrainingEngine, reason: str) -> TrainingChoice:
    return TrainingChoice(engine.name, f"Training with {engine.title}: {reason}")


def _refusal(job: Job, engines: Sequence[TrainingEngine], on_gpu: bool) -> str:
    """Returns what to say where no engine can train: what hinders each that is installed."""
    found = [engine.problem_with(job, on_gpu) for engine in engines if engine.version]
    problems = [problem for problem in found if problem is not None]
    if not problems:
        names = " nor ".join(TITLES[engine.name] for engine in engines)
        return f"Neither {names} is installed, and a job is trained by one of them; {INSTALL}"
    sentences = ", and ".join(dict.fromkeys(problem.sentence for problem in problems))
    return f"{sentences}; {problems[-1].way_out}"
