"""PyTorch's engine in two processes beside one process, with batch norm over all and without dropout."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

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


def make(seed: int, group: Group, **strings: str) -> PyTorchEngine:
    """Is called in each process, by its name."""
    import torch
    from torch import nn

    from semseg.engines.pytorch.engine import PyTorchEngine

    torch.set_num_threads(1)
    engine = PyTorchEngine(
        Hyperparameters.from_strings({**HYPERPARAMETERS, "seed": str(seed), **strings}), torch.device("cpu"), group
    )
    for module in engine.network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    return engine


def make_stable(seed: int, group: Group) -> WithAverages:
    """Is called in each process: an encoder that is held in the first epoch, shortened gradients, an average."""
    return WithAverages(make(seed, group, gradient_clip="0.5", ema_decay="0.9", freeze_backbone_epochs="1"))


class WithAverages:
    """An engine whose averages can be saved by one call."""

    def __init__(self, engine: PyTorchEngine) -> None:
        self.engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def save_average(self, path: Path) -> None:
        with self.engine.averaged():
            self.engine.save(path)


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
def test_two_processes_hold_shorten_and_average_as_one(tmp_path: Path) -> None:
    one, two = make_stable(7, ALONE), EngineOfProcesses(f"{__name__}:make_stable", seed=7)
    one.save(tmp_path / "before")
    for epoch, step in ((0, 0), (0, 1), (1, 0)):
        for engine in (one, two):
            engine.begin_step(epoch, step)
            engine.step(*batch(2 * epoch + step), 0.01)
    assert two.take_loss() == pytest.approx(one.take_loss(), rel=1e-5)
    one.save(tmp_path / "one")
    one.save_average(tmp_path / "average of one")
    two.save(tmp_path / "two")
    two.on_first("save_average", tmp_path / "average of two")
    before = read_parameters(tmp_path / "before")
    for kind in ("", "average of "):
        alone, together = (read_parameters(tmp_path / f"{kind}{name}") for name in ("one", "two"))
        moved = {name: float(np.abs(alone[name] - before[name]).max()) for name in before}
        assert min(moved["conv1.0.weight"], moved["head.block.0.weight"]) > 1e-5
        apart = max(float(np.abs(alone[name] - together[name]).max()) for name in before)
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
