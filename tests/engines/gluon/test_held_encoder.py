from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from mxnet import gluon

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("mx")]

Values = dict[str, np.ndarray]


def small_network() -> gluon.HybridBlock:
    """A convolution and a norm as the encoder, and both again as the head."""
    import mxnet as mx
    from mxnet.gluon import nn

    class Small(nn.HybridSequential):
        def __init__(self) -> None:
            super().__init__()
            for name in ("conv1", "bn1", "head"):
                block = {"conv1": nn.Conv2D(2, 3, padding=1, in_channels=1), "bn1": nn.BatchNorm(in_channels=2)}.get(
                    name
                )
                self.register_child(block or head(), name)

    def head() -> gluon.HybridBlock:
        block = nn.HybridSequential()
        block.add(nn.Activation("relu"), nn.Conv2D(2, 1, in_channels=2), nn.BatchNorm(in_channels=2))
        return block

    network = Small()
    network.initialize(mx.init.Normal(1.0))
    return network


def step(network: gluon.HybridBlock, trainer: gluon.Trainer) -> Values:
    """The values after a step on pictures of random numbers, by the names of the parameters."""
    import mxnet as mx

    network.hybridize(static_alloc=True, static_shape=True)
    pictures = mx.nd.array(np.random.default_rng(0).normal(1, 2, (2, 1, 4, 4)))
    with mx.autograd.record():
        loss = (network(pictures) * pictures).sum()
    loss.backward()
    trainer.step(1)
    mx.nd.waitall()
    return {name: each.data().asnumpy() for name, each in network._collect_params_with_prefix().items()}


def moved(ours: Values, others: Values) -> set[str]:
    return {name for name in ours if not np.array_equal(ours[name], others[name])}


ENCODER = {"conv1.weight", "conv1.bias", "bn1.gamma", "bn1.beta", "bn1.running_mean", "bn1.running_var"}


@pytest.mark.parametrize("holds_norms", [False, True])
def test_an_encoder_is_held_for_its_epochs_and_its_norms_for_the_whole_job(holds_norms: bool) -> None:
    from mxnet import gluon

    from semseg.engines.gluon.held_encoder import HeldEncoder

    network = small_network()
    encoder = HeldEncoder(network, 1, holds_norms)
    trainer = gluon.Trainer(network.collect_params(), "sgd", {"learning_rate": 0.1})
    assert encoder.begin(0)
    first, second = step(network, trainer), step(network, trainer)
    assert moved(first, second)
    assert not ENCODER & moved(first, second)
    assert encoder.begin(1)
    assert not encoder.begin(2)
    norm = {name for name in ENCODER if name.startswith("bn1.")}
    assert ENCODER & moved(step(network, trainer), second) >= {"conv1.weight"}
    assert bool(norm & moved(step(network, trainer), second)) == (not holds_norms)


def test_gradients_are_added_up_again_where_they_were_before() -> None:
    from semseg.engines.gluon.held_encoder import HeldEncoder

    network = small_network()
    weight = network._collect_params_with_prefix()["conv1.weight"]
    weight.grad_req = "add"
    encoder = HeldEncoder(network, 1, False)
    encoder.begin(0)
    assert weight.grad_req == "null"
    assert encoder.let_go()
    assert weight.grad_req == "add"
