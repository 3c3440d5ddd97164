from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters
from tests.engines.gluon.test_networks import hyperparameters

pytestmark = pytest.mark.pytorch


@pytest.mark.engine
@pytest.mark.parametrize(
    "algorithm", ["fcn", *(pytest.param(larger, marks=pytest.mark.slow) for larger in ("psp", "deeplab"))]
)
def test_a_seed_gives_the_values_that_mxnet_begins_with_in_the_same_bytes(algorithm: str, tmp_path: Path) -> None:
    import mxnet as mx

    from semseg.archive.mxnet_parameters import write_parameters
    from semseg.engines.gluon.engine import GluonEngine
    from semseg.engines.pytorch import parameters
    from semseg.engines.pytorch.initial_values import initial_values
    from semseg.engines.pytorch.network import build_network

    GluonEngine(hyperparameters(algorithm=algorithm, seed="3"), [mx.cpu()]).save(tmp_path / "theirs")
    network = build_network(algorithm, "resnet-50", 3, aux=True).to_empty(device="cpu")
    parameters.fill(network, initial_values(network, 3))
    write_parameters(tmp_path / "ours", parameters.arrays(network))
    assert list(read_parameters(tmp_path / "ours")) == list(read_parameters(tmp_path / "theirs"))
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_a_block_begins_as_the_identity_and_all_other_norms_with_the_weight_1() -> None:
    from semseg.engines.pytorch.initial_values import initial_values
    from semseg.engines.pytorch.network import build_network

    values = initial_values(build_network("fcn", "resnet-50", 3, aux=False), 0)
    gammas = {name: array for name, array in values.items() if name.endswith(".gamma")}
    assert {name for name, array in gammas.items() if not array.any()} == {
        name for name in gammas if name.endswith("bn3.gamma")
    }
    assert {float(value) for name in gammas if "bn3" not in name for value in np.unique(gammas[name])} == {1.0}
