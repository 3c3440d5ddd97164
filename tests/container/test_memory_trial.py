from __future__ import annotations

import numpy as np
import pytest

from semseg.container.memory_trial import MemoryTrial
from semseg.container.trial_process import TrialJob, TrialProcess
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.engine import Engine
from semseg.machine.memory import ProcessMemory
from tests.engines.nearest_mean import NearestMean


class Gpu(NearestMean):
    """An engine and its memory: a step needs 10 bytes a sample, and 1000 in the first one of a size."""

    def __init__(self) -> None:
        super().__init__(2)
        self.sizes: list[int] = []
        self.highest = 0

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        self.highest = max(self.highest, 10 * len(images) if len(images) in self.sizes else 1000)
        self.sizes.append(len(images))

    def held(self) -> int:
        return 0

    def free(self) -> int:
        return 10_000

    def begin(self) -> None:
        self.highest = 0

    def peak(self) -> int:
        return self.highest


class TrialOnGpu(MemoryTrial):
    def __init__(self, gpu: Gpu) -> None:
        strings = {"num_classes": "2", "num_training_samples": "8", "crop_size": "17"}
        super().__init__(TrialJob("pytorch", Hyperparameters.from_strings(strings), "local_gpu", 1), gpu, on_gpu=True)
        self.gpu = gpu

    def _new_engine(self) -> Engine:
        return self.gpu


def test_what_a_gpu_needs_to_try_its_algorithms_once_is_not_what_a_step_needs() -> None:
    trial = TrialOnGpu(Gpu())
    assert [trial.peak_of(1), trial.peak_of(2), trial.peak_of(8)] == [10, 20, 80]
    assert trial.gpu.sizes == [1, 1, 2, 2, 8, 8]


@pytest.mark.pytorch
def test_a_step_of_more_samples_needs_more_memory_and_no_weights_are_fetched_for_it() -> None:
    strings = {"num_classes": "2", "num_training_samples": "8", "crop_size": "64", "engine": "pytorch"}
    given = Hyperparameters.from_strings({**strings, "mini_batch_size": "auto", "class_weights": "balanced"})
    trial = TrialProcess(TrialJob("pytorch", given, "local", 1), ProcessMemory())
    one, six = trial.peak_of(1), trial.peak_of(6)
    trial.end()
    assert one is not None
    assert six is not None
    assert 200_000_000 < one < six  # parameters, their gradients and the momentum alone are three times 142 MB
