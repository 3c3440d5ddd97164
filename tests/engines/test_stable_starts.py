"""Both engines with what makes a start stable: a held encoder, shortened gradients, an average of the parameters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters
from semseg.engines.engine import Engine
from semseg.engines.group import ALONE
from semseg.engines.network import HEADS
from tests.engines.gluon.test_networks import random_pictures

Values = dict[str, np.ndarray]  # of the parameters of a network, by their names
RATE = 0.001
STRINGS = {
    "mini_batch_size": "2",
    "accumulate": "2",
    "gradient_clip": "0.5",
    "ema_decay": "0.5",
    "freeze_backbone_epochs": "1",
    "freeze_batch_norm": "True",
}
ENCODER_NORMS = ("bn1.", "bn2.", "bn3.", "downsample.1.")


def make_pytorch(**strings: str) -> Engine:
    from tests.engines.pytorch.test_engine import engine_of

    engine: Engine = engine_of(ALONE, **strings)
    return engine


def make_gluon(**strings: str) -> Engine:
    from tests.engines.gluon.test_engine import engine_on

    engine: Engine = engine_on(1, **strings)
    return engine


def values(engine: Engine, folder: Path) -> Values:
    engine.save(folder / "values")
    return read_parameters(folder / "values")


def averages(engine: Engine, folder: Path) -> Values:
    with engine.averaged():
        return values(engine, folder)


def moved(ours: Values, others: Values) -> set[str]:
    assert ours.keys() == others.keys()
    return {name for name in ours if not np.array_equal(ours[name], others[name])}


def trained(engine: Engine, *steps: tuple[int, int]) -> Engine:
    """Makes these steps of these epochs."""
    for epoch, step in steps:
        masks = np.random.default_rng([epoch, step]).integers(0, 3, (2, 32, 32)).astype(np.uint8)
        masks[0, :20] = 255
        engine.begin_step(epoch, step)
        engine.step(random_pictures(2, 32, 32), masks, RATE)
    return engine


@pytest.fixture(scope="module")
def parity(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Values]]:
    """By the engines' names, what each made of the same steps; filled by the test that follows for each engine."""
    return {}


@pytest.mark.parametrize(
    ("name", "make"),
    [
        pytest.param("pytorch", make_pytorch, marks=pytest.mark.pytorch),
        pytest.param("gluon", make_gluon, marks=[pytest.mark.engine, pytest.mark.slow]),
    ],
)
def test_a_held_encoder_learns_from_its_epoch_on_and_goes_on_to_the_bit(
    name: str, make: Callable[..., Engine], parity: dict[str, list[Values]], tmp_path: Path
) -> None:
    engine = make(**STRINGS)
    start = values(engine, tmp_path)
    trained(engine, (0, 0))
    engine.save_optimizer(tmp_path / "optimizer", {"own": np.ones(1)})
    engine.save(tmp_path / "parameters")
    held = read_parameters(tmp_path / "parameters")
    assert all(each.startswith(HEADS) for each in moved(held, start))
    assert {"head.block.0.weight", "auxlayer.block.4.bias", "head.block.1.running_mean"} <= moved(held, start)
    trained(engine, (0, 1), (1, 0))
    average = averages(engine, tmp_path)
    engine.save_optimizer(tmp_path / "later optimizer")  # of an encoder that has moved
    engine.save(tmp_path / "later parameters")
    free = read_parameters(tmp_path / "later parameters")
    assert {"conv1.0.weight", "layer1.0.downsample.0.weight"} <= moved(free, held)
    norms = {each for each in start if not each.startswith(HEADS) and any(norm in each for norm in ENCODER_NORMS)}
    assert len(norms) == 4 * 57 - 16  # four arrays of each norm but those four of the heads
    assert not norms & moved(free, start)
    assert {"head.block.0.weight", "head.block.1.running_var"} <= moved(average, free)
    later = values(trained(engine, (1, 1)), tmp_path)

    engine.load(tmp_path / "later parameters")
    engine.load_optimizer(tmp_path / "later optimizer")
    assert moved(values(trained(engine, (1, 1)), tmp_path), later) == set()
    engine.load(tmp_path / "parameters")
    assert list(engine.load_optimizer(tmp_path / "optimizer")) == ["own"]
    trained(engine, (0, 1), (1, 0))
    assert moved(averages(engine, tmp_path), average) == set()

    parity[name] = [start, later, average]
    if len(parity) == 2:
        (start, *ours), (_, *others) = parity.values()
        for mine, theirs in zip(ours, others):
            for each in mine:
                way, size = (float(np.linalg.norm(array)) for array in (mine[each] - start[each], start[each]))
                assert np.linalg.norm(mine[each] - theirs[each]) <= 0.005 * way + 1e-6 * (1 + size), each
