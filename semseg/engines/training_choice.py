"""The choice of the engine that trains a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from semseg.contract.environment import AUTO, MXNET
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.resource_config import LOCAL, LOCAL_GPU
from semseg.errors import PlatformError

INSTALL = 'in a clone of semseg, pip install ".[pytorch]", or on Linux x86-64 pip install ".[cpu]"'


@dataclass(frozen=True)
class Hindrance:
    """Why an engine cannot train a job, as a sentence without a full stop, and the way out."""

    sentence: str
    way_out: str


@dataclass(frozen=True)
class Trainer:
    """One engine that trains, as it stands on this machine; ``container/engines.py`` opens it.

    Attributes:
        name: as the hyperparameter ``engine`` has it.
        title: as people write it.
        version: of what is installed; "" where it is not installed.
        hindrance: what keeps it from running here; None if nothing does.
        gpu_hindrance: what keeps it from training on a GPU of this machine; None if nothing does.
    """

    name: str
    title: str
    version: str
    hindrance: Hindrance | None
    gpu_hindrance: Hindrance | None

    def hindered(self, hyperparameters: Hyperparameters, on_gpu: bool) -> Hindrance | None:
        """Returns why it cannot train this job; None if it can."""
        if self.hindrance is not None:
            return self.hindrance
        if self.name == MXNET and hyperparameters.beyond_mxnet:
            return Hindrance(hyperparameters.beyond_mxnet, 'leave it out, or install PyTorch: pip install ".[pytorch]"')
        return self.gpu_hindrance if on_gpu else None


@dataclass(frozen=True)
class TrainingChoice:
    """The engine that trains a job.

    Attributes:
        engine: its name, as the hyperparameter ``engine`` has it.
        sentence: says which it is, and why.
    """

    engine: str
    sentence: str


def choose_trainer(
    hyperparameters: Hyperparameters, trainers: Sequence[Trainer], instance_type: str = ""
) -> TrainingChoice:
    """Returns the engine that the job asks for; with "auto" the first that can train it on the devices asked for.

    On a SageMaker instance that is one that can use the GPUs, if one can.

    Args:
        trainers: all engines that train, the preferred one first.
        instance_type: as "local", "local_gpu" or "ml.p3.2xlarge"; "" where it is not known.

    Raises:
        PlatformError: what the job needs is not installed, or cannot run here.
    """
    must_have_gpu = instance_type == LOCAL_GPU
    if hyperparameters.engine != AUTO:
        (wanted,) = (trainer for trainer in trainers if trainer.name == hyperparameters.engine)
        hindrance = wanted.hindered(hyperparameters, must_have_gpu)
        if hindrance is not None:
            raise PlatformError(f"{hindrance.sentence}; {hindrance.way_out}")
        return TrainingChoice(wanted.name, _sentence(wanted, f"engine is {wanted.name}"))
    has_gpu = any(trainer.hindered(hyperparameters, on_gpu=True) is None for trainer in trainers)
    on_gpu = must_have_gpu or (instance_type != LOCAL and has_gpu)
    reasons = []
    for trainer in trainers:
        hindrance = trainer.hindered(hyperparameters, on_gpu)
        if hindrance is None:
            return TrainingChoice(
                trainer.name, _sentence(trainer, reasons[0] if reasons else "engine is auto, and it runs here")
            )
        reasons.append(hindrance.sentence)
    raise PlatformError(_refusal(hyperparameters, trainers, on_gpu))


def _sentence(trainer: Trainer, reason: str) -> str:
    return f"Training with {trainer.title} {trainer.version}: {reason}"


def _refusal(hyperparameters: Hyperparameters, trainers: Sequence[Trainer], on_gpu: bool) -> str:
    """Returns what to say where no engine can train: what hinders each that is installed."""
    installed = [trainer for trainer in trainers if trainer.version]
    hindrances = [hindrance for trainer in installed if (hindrance := trainer.hindered(hyperparameters, on_gpu))]
    if not hindrances:
        names = " nor ".join(trainer.title for trainer in trainers)
        return f"Neither {names} is installed, and a job is trained by one of them; {INSTALL}"
    sentences = ", and ".join(dict.fromkeys(hindrance.sentence for hindrance in hindrances))
    return f"{sentences}; {hindrances[-1].way_out}"
