from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.errors import ModelError

if TYPE_CHECKING:
    from mxnet import gluon

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("mx")]

RULES: dict[str, dict[str, float]] = {
    "sgd": {"momentum": 0.9},
    "nag": {"momentum": 0.9},
    "adam": {},
    "adamw": {"wd": 0.1},
    "adagrad": {},
    "rmsprop": {"centered": True},
}


def trainer_for(rule: str, devices: int = 1, units: int = 3) -> tuple[gluon.nn.Dense, gluon.Trainer]:
    """A layer with set values, and the trainer that updates it by ``rule``."""
    import semseg.engines.gluon.optimizers  # noqa: F401 it knows AdamW
    import mxnet as mx  # isort: skip
    from mxnet import gluon  # isort: skip

    layer = gluon.nn.Dense(units, in_units=2)
    layer.initialize(mx.init.One(), ctx=[mx.cpu(number) for number in range(devices)])
    return layer, gluon.Trainer(layer.collect_params(), rule, {"learning_rate": 0.1, **RULES[rule]})


def step(layer: gluon.nn.Dense, trainer: gluon.Trainer, number: int) -> None:
    import mxnet as mx
    from mxnet import autograd

    with autograd.record():
        losses = [(layer(mx.nd.array([[number, 1.0]], ctx=device)) ** 2).sum() for device in trainer._contexts]
    autograd.backward(losses)
    trainer.step(1)


def values(layer: gluon.nn.Dense) -> np.ndarray:
    return layer.weight.list_data()[-1].asnumpy()


@pytest.mark.parametrize("devices", [1, 2])
@pytest.mark.parametrize("rule", RULES)
def test_an_optimizer_that_was_saved_goes_on_as_if_it_had_not_been(tmp_path: Path, rule: str, devices: int) -> None:
    from semseg.engines.gluon import optimizer_state

    layer, trainer = trainer_for(rule, devices)
    step(layer, trainer, 1)
    step(layer, trainer, 2)
    layer.save_parameters(str(tmp_path / "layer"))
    optimizer_state.save(trainer, tmp_path / "optimizer")
    step(layer, trainer, 3)
    other, other_trainer = trainer_for(rule, devices)
    other.load_parameters(str(tmp_path / "layer"), ctx=other_trainer._contexts)
    optimizer_state.load(other_trainer, tmp_path / "optimizer")
    step(other, other_trainer, 3)
    np.testing.assert_array_equal(values(other), values(layer))


@pytest.mark.parametrize(("rule", "units"), [("adam", 3), ("sgd", 4)])
def test_the_state_of_another_optimizer_or_network_is_refused(tmp_path: Path, rule: str, units: int) -> None:
    from semseg.engines.gluon import optimizer_state

    optimizer_state.save(trainer_for("sgd")[1], tmp_path / "none")
    layer, trainer = trainer_for("sgd")
    step(layer, trainer, 1)
    optimizer_state.save(trainer, tmp_path / "optimizer")
    with pytest.raises(ModelError, match="where this network and optimizer need"):
        optimizer_state.load(trainer_for(rule, units=units)[1], tmp_path / "optimizer")


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    from semseg.engines.gluon import optimizer_state

    (tmp_path / "optimizer").write_bytes(b"something else")
    with pytest.raises(ModelError, match="is not a file of MXNet arrays"):
        optimizer_state.load(trainer_for("sgd")[1], tmp_path / "optimizer")
