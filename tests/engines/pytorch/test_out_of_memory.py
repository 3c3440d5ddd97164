"""PyTorch's engine where a step has too little memory: what comes of it is that of a job with ``accumulate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters
from semseg.engines.group import ALONE, Group
from semseg.engines.out_of_memory import OutOfMemory
from tests.engines.gluon.test_networks import hyperparameters, random_pictures
from tests.engines.pytorch.in_group import in_group

if TYPE_CHECKING:
    from semseg.engines.pytorch.engine import PyTorchEngine

pytestmark = pytest.mark.pytorch
SAMPLES, SIDE = 4, 24


def engine_of(room: int, group: Group = ALONE, **strings: str) -> PyTorchEngine:
    """An engine, with dropout, whose memory holds so many samples at once: more fail in the backward pass."""
    import torch

    from semseg.engines.pytorch.engine import PyTorchEngine

    class Fails(torch.autograd.Function):
        @staticmethod
        def forward(context: object, sums: torch.Tensor) -> torch.Tensor:
            return sums.clone()

        @staticmethod
        def backward(context: object, gradient: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 37748736 bytes.")

    class Small(PyTorchEngine):
        def _loss(self, images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
            sums = super()._loss(images, masks)
            return Fails.apply(sums) if len(images) > room else sums

    torch.set_num_threads(1)
    given = hyperparameters(**{"mini_batch_size": str(SAMPLES), "algorithm": "fcn", **strings})
    return Small(given, torch.device("cpu"), group)


def train(engine: PyTorchEngine, share: slice = slice(None)) -> float:
    """Two steps; returns the loss of both."""
    for step in range(2):
        masks = np.random.default_rng(step).integers(0, 3, (SAMPLES, SIDE, SIDE)).astype(np.uint8)
        masks[0, :20] = 255
        engine.begin_step(0, step)
        engine.step(random_pictures(SAMPLES, SIDE, SIDE, seed=step)[share], masks[share], 0.01)
    return engine.take_loss()


def values(engine: PyTorchEngine, folder: Path) -> dict[str, np.ndarray]:
    engine.save(folder / "parameters")
    return read_parameters(folder / "parameters")


def test_a_step_without_memory_leaves_the_parameters_of_a_job_with_accumulate(tmp_path: Path) -> None:
    scarce, asked = engine_of(1), engine_of(SAMPLES, accumulate="4")
    assert train(scarce) == train(asked)
    assert (scarce.parts, asked.parts) == (4, 4)
    ours, others = values(scarce, tmp_path), values(asked, tmp_path)
    assert ours.keys() == others.keys()
    for name, array in ours.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)
    state = scarce.own_state()
    scarce.parts = 1
    scarce.take_own_state(state)
    assert scarce.parts == 4  # as it goes on from a checkpoint


def test_a_step_that_has_no_memory_for_one_sample_is_given_up() -> None:
    engine = engine_of(0, mini_batch_size="2")
    with pytest.raises(OutOfMemory, match="even with one sample at a time: lower crop_size"):
        engine.step(random_pictures(2, SIDE, SIDE), np.zeros((2, SIDE, SIDE), np.uint8), 0.01)


def second_is_small(group: Group) -> list[object]:
    """The engine of process 1 has too little memory for its two samples; process 0 has enough."""
    share = slice(2 * group.rank, 2 * group.rank + 2)
    scarce = engine_of(2 - group.rank, group)
    asked = engine_of(2, group, accumulate="2")
    losses = [train(scarce, share), train(asked, share)]
    pairs = zip(scarce.network.state_dict().values(), asked.network.state_dict().values())
    return [losses[0] == losses[1], scarce.parts, all(bool((one == other).all()) for one, other in pairs)]


@pytest.mark.slow
def test_where_one_process_has_no_memory_all_split_their_shares() -> None:
    assert in_group(__name__, second_is_small.__name__, 2) == [[True, 2, True]] * 2
