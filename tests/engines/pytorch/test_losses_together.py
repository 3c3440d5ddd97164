"""Sums of losses with class weights: in two processes as in one, and on MXNet as on PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters
from semseg.engines.group import ALONE, Group
from tests.engines.pytorch.engine_of_processes import EngineOfProcesses
from tests.engines.pytorch.test_engine import engine_of, gluon_engine_of, unlike, values
from tests.engines.pytorch.test_engine_together import batch

if TYPE_CHECKING:
    from semseg.engines.pytorch.engine import PyTorchEngine

pytestmark = [pytest.mark.pytorch, pytest.mark.slow]

LOSS = {
    "loss": "cross_entropy+dice+ohem+lovasz",
    "class_weights": "1, 2, 0.5",
    "label_smoothing": "0.1",
    "mini_batch_size": "3",
}


def make(seed: int, group: Group) -> PyTorchEngine:
    """Is called in each process, by its name."""
    import torch

    torch.set_num_threads(1)
    return engine_of(group, seed=str(seed), syncbn="True", **LOSS)


def test_two_processes_give_the_losses_and_parameters_of_one(tmp_path: Path) -> None:
    one, two = make(7, ALONE), EngineOfProcesses(f"{__name__}:make", seed=7)
    for step in range(2):
        for engine in (one, two):
            engine.step(*batch(step), 0.01)
    assert two.take_loss() == pytest.approx(one.take_loss(), rel=1e-5)
    for name, engine in (("one", one), ("two", two)):
        engine.save(tmp_path / name)
    assert unlike(read_parameters(tmp_path / "one"), read_parameters(tmp_path / "two")) < 1e-5


@pytest.mark.engine
def test_both_engines_train_alike_and_keep_the_loss_of_steps_that_are_done(tmp_path: Path) -> None:
    ours, theirs = engine_of(ALONE, **LOSS), gluon_engine_of(**LOSS)
    taken = []
    for engine in (ours, theirs):
        engine.step(*batch(0), 0.001)
        state = engine.own_state()
        assert np.isfinite(state["loss"]).all()
        assert len(state["loss"]) == 8  # four sums and four denominators
        taken.append(engine.take_loss())
        engine.take_own_state(state)
        assert engine.take_loss() == taken[-1]
    assert taken[0] == pytest.approx(taken[1], rel=1e-5)
    assert unlike(values(ours, tmp_path), values(theirs, tmp_path)) < 1e-4
