"""PyTorch's engine in two processes beside one process, with batch norm over all and without dropout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.engine import Engine
from semseg.engines.group import ALONE, Group
from tests.engines.pytorch.engine_of_processes import EngineOfProcesses

if TYPE_CHECKING:
    from semseg.engines.pytorch.engine import PyTorchEngine

pytestmark = pytest.mark.pytorch

HYPERPARAMETERS = {
    "num_classes": "3",
    "num_training_samples": "3",
    "mini_batch_size": "3",
    "use_pretrained_model": "False",
    "optimizer": "sgd",
    "syncbn": "True",
}


def make(seed: int, group: Group) -> PyTorchEngine:
    """Is called in each process, by its name."""
    import torch
    from torch import nn

    from semseg.engines.pytorch.engine import PyTorchEngine

    torch.set_num_threads(1)
    engine = PyTorchEngine(
        Hyperparameters.from_strings({**HYPERPARAMETERS, "seed": str(seed)}), torch.device("cpu"), group
    )
    for module in engine.network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    return engine


def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
    """Three pictures, of which the last has few labelled pixels: the two processes have 2 and 1 of them."""
    rng = np.random.default_rng(step)
    masks = rng.integers(0, 3, (3, 24, 24)).astype(np.uint8)
    masks[2, 2:] = 255
    return rng.integers(0, 256, (3, 24, 24, 3)).astype(np.uint8), masks


@pytest.mark.slow
def test_two_processes_give_the_losses_and_parameters_of_one(tmp_path: Path) -> None:
    one, two = make(7, ALONE), EngineOfProcesses(f"{__name__}:make", seed=7)
    one.save(tmp_path / "before")
    for step in range(2):
        for engine in (one, two):
            engine.step(*batch(step), 0.01)
    assert two.take_loss() == pytest.approx(one.take_loss(), rel=1e-5)
    for name, engine in (("one", one), ("two", two)):
        engine.save(tmp_path / name)
    before, alone, together = (read_parameters(tmp_path / name) for name in ("before", "one", "two"))
    moved = max(float(np.abs(alone[name] - before[name]).max()) for name in before)
    apart = max(float(np.abs(alone[name] - together[name]).max()) for name in before)
    assert moved > 0.01
    assert apart < 1e-5


@pytest.mark.slow
def test_one_and_three_processes_go_on_from_what_two_saved(tmp_path: Path) -> None:
    two = EngineOfProcesses(f"{__name__}:make", seed=7)
    two.step(*batch(0), 0.01)
    two.take_loss()
    two.save(tmp_path / "parameters")
    two.save_optimizer(tmp_path / "optimizer")
    others: dict[str, Engine] = {"one": make(8, ALONE), "three": EngineOfProcesses(f"{__name__}:make", seed=8, size=3)}
    for name, engine in others.items():
        engine.load(tmp_path / "parameters")
        engine.load_optimizer(tmp_path / "optimizer")
        engine.save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == (tmp_path / "parameters").read_bytes()
    two.step(*batch(1), 0.01)
    expected = two.take_loss()
    two.save(tmp_path / "two")
    values = read_parameters(tmp_path / "two")
    for name, engine in others.items():
        engine.step(*batch(1), 0.01)
        assert engine.take_loss() == pytest.approx(expected, rel=1e-5)
        engine.save(tmp_path / name)
        found = read_parameters(tmp_path / name)
        assert max(float(np.abs(found[each] - values[each]).max()) for each in values) < 1e-5, name
