from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.training_choice import Job, TrainingChoice, choose, engines_here, engines_on_gpu
from semseg.errors import PlatformError
from semseg.machine.facts import Machine
from tests.machine.machines import BARE, H100, T4

MXNET = {"mxnet": "1.9.1", "gluoncv": "0.10.5.post0"}
CUDA_MXNET = {"mxnet-cu112": "1.9.1", "gluoncv": "0.10.5.post0"}
PYTORCH = {"torch": "2.13.0", "safetensors": "0.8.0"}
INSTALL = 'in a clone of semseg, pip install ".[pytorch]"'
NO_CODE = "MXNet 1.9.1 holds no machine code for the NVIDIA H100 (compute capability 9.0; it holds 5.0 to 8.9)"


def machine(*packages: dict[str, str], **changes: Any) -> Machine:
    versions = dict(BARE.versions)
    for each in packages:
        versions.update(each)
    return dataclasses.replace(BARE, versions=versions, **changes)


def job(instance_type: str = "local", processes: int = 1, **strings: str) -> Job:
    given = {"num_classes": "2", "num_training_samples": "1", **strings}
    return Job(Hyperparameters.from_strings(given), instance_type, processes)


GRAPHICS: dict[str, Any] = {"has_driver": True, "pytorch_has_cuda": True}
RUNS = "engine is auto, and it runs here"
SHORT_TYPES: dict[str, Any] = {"processor_types": ("float32", "bfloat16")}
FASTER = "the job has a time budget, and this processor is faster in bfloat16"


@pytest.mark.parametrize(
    ("here", "asked", "engine", "sentence"),
    [
        (machine(MXNET), job(), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        (machine(MXNET, PYTORCH), job(), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        (machine(MXNET, PYTORCH), job(precision_dtype="auto"), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        (machine(PYTORCH), job(), "pytorch", "PyTorch 2.13.0: MXNet is not installed"),
        (machine(MXNET, PYTORCH), job(engine="pytorch"), "pytorch", "PyTorch 2.13.0: engine is pytorch"),
        (machine(MXNET, PYTORCH), job(engine="mxnet"), "mxnet", "MXNet 1.9.1: engine is mxnet"),
        (
            machine(PYTORCH, system="Darwin", architecture="arm64"),
            job("local_gpu"),
            "pytorch",
            "PyTorch 2.13.0: MXNet 1.9.1 exists for Linux on x86-64 only, and this is Darwin on arm64",
        ),
        (
            machine(MXNET, PYTORCH, has_distutils=False),
            job(),
            "pytorch",
            "PyTorch 2.13.0: MXNet imports distutils, which is not here: Python 3.12 dropped it, and setuptools gives "
            "it back",
        ),
        # what MXNet cannot do
        (
            machine(MXNET, PYTORCH),
            job(precision_dtype="bfloat16"),
            "pytorch",
            "PyTorch 2.13.0: precision_dtype is bfloat16, and MXNet computes in float32 only",
        ),
        (
            machine(MXNET, PYTORCH),
            job(processes=2),
            "pytorch",
            "PyTorch 2.13.0: MXNet trains in one process, and the job has 2",
        ),
        # a time budget plans the precision, where that is left to it
        (machine(MXNET, PYTORCH, **SHORT_TYPES), job(), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        (machine(MXNET, PYTORCH, **SHORT_TYPES), job(time_budget="9m"), "pytorch", f"PyTorch 2.13.0: {FASTER}"),
        (
            machine(MXNET, PYTORCH, **SHORT_TYPES),
            job(time_budget="9m", precision_dtype="float32"),
            "mxnet",
            f"MXNet 1.9.1: {RUNS}",
        ),
        (machine(MXNET, **SHORT_TYPES), job(time_budget="9m"), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        (machine(MXNET, PYTORCH), job(time_budget="9m"), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        # the GPU
        (machine(CUDA_MXNET, PYTORCH, gpus=(T4,), **GRAPHICS), job("local_gpu"), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        (
            machine(CUDA_MXNET, PYTORCH, gpus=(H100,), **GRAPHICS),
            job("local_gpu"),
            "pytorch",
            f"PyTorch 2.13.0: {NO_CODE}",
        ),
        (machine(CUDA_MXNET, PYTORCH, gpus=(H100,), **GRAPHICS), job("ml.p5"), "pytorch", f"PyTorch 2.13.0: {NO_CODE}"),
        (machine(CUDA_MXNET, PYTORCH, gpus=(H100,), **GRAPHICS), job(), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        (
            machine(MXNET, PYTORCH, gpus=(T4,), **GRAPHICS),
            job("local_gpu"),
            "pytorch",
            "PyTorch 2.13.0: The CPU edition of MXNet uses no GPU",
        ),
        # a SageMaker instance whose GPU no engine can use, or none that can do what is asked for
        (machine(MXNET, gpus=(H100,), has_driver=True), job("ml.p5"), "mxnet", f"MXNet 1.9.1: {RUNS}"),
        (
            machine(CUDA_MXNET, PYTORCH, gpus=(T4,), has_driver=True),
            job("ml.g4dn", compile="True"),
            "pytorch",
            "PyTorch 2.13.0: compile is True, and MXNet has no compiler for the training step",
        ),
    ],
)
def test_the_first_engine_is_taken_that_can_train_the_job(
    here: Machine, asked: Job, engine: str, sentence: str
) -> None:
    assert choose(asked, engines_here(here)) == TrainingChoice(engine, f"Training with {sentence}")


@pytest.mark.parametrize(
    ("here", "asked", "sentence"),
    [
        (
            BARE,
            job(),
            "Neither MXNet nor PyTorch is installed, and a job is trained by one of them; in a clone of semseg, "
            'pip install ".[local]"',
        ),
        (machine(MXNET), job(engine="pytorch"), f"PyTorch is not installed; {INSTALL}"),
        (machine(PYTORCH), job(engine="mxnet"), 'MXNet is not installed; in a clone of semseg, pip install ".[cpu]"'),
        (
            machine({"mxnet": "1.9.1"}),
            job(),
            'GluonCV, which holds the networks, is not installed; in a clone of semseg, pip install ".[cpu]"',
        ),
        (
            machine(MXNET),
            job(precision_dtype="float16"),
            "precision_dtype is float16, and MXNet computes in float32 only; leave it out, or, for PyTorch, " + INSTALL,
        ),
        (
            machine(MXNET, PYTORCH),
            job("local_gpu"),
            "There is no GPU that the NVIDIA driver shows; use instance_type='local'",
        ),
        (
            machine(MXNET, PYTORCH, gpus=(H100,), has_driver=True),
            job("local_gpu"),
            f"{NO_CODE}, and PyTorch 2.13.0 is built without CUDA, which leaves the NVIDIA H100 idle; to use it, "
            "install a build with CUDA, as PyTorch's own page says",
        ),
    ],
)
def test_where_none_can_the_sentence_says_what_hinders_and_the_way_out(
    here: Machine, asked: Job, sentence: str
) -> None:
    with pytest.raises(PlatformError) as refusal:
        choose(asked, engines_here(here))
    assert str(refusal.value) == sentence


def test_the_engines_that_can_use_a_gpu_are_known() -> None:
    assert engines_on_gpu(engines_here(machine(CUDA_MXNET, PYTORCH, gpus=(T4,), **GRAPHICS))) == ("mxnet", "pytorch")
    assert engines_on_gpu(engines_here(machine(MXNET, PYTORCH, gpus=(T4,), has_driver=True))) == ()
    assert engines_on_gpu(engines_here(machine(system="Darwin", architecture="arm64"))) == ()
