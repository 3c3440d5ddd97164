from __future__ import annotations

import pytest

from semseg.container.trial_process import TrialJob, TrialProcess
from semseg.contract.hyperparameters import Hyperparameters
from semseg.machine.memory import ProcessMemory

pytestmark = pytest.mark.pytorch


def test_a_step_of_more_samples_needs_more_memory_and_no_weights_are_fetched_for_it() -> None:
    strings = {"num_classes": "2", "num_training_samples": "8", "crop_size": "64", "engine": "pytorch"}
    given = Hyperparameters.from_strings({**strings, "mini_batch_size": "auto", "class_weights": "balanced"})
    trial = TrialProcess(TrialJob("pytorch", given, "local", 1), ProcessMemory())
    one, six = trial.peak_of(1), trial.peak_of(6)
    trial.end()
    assert one is not None
    assert six is not None
    assert 200_000_000 < one < six  # parameters, their gradients and the momentum alone are three times 142 MB
