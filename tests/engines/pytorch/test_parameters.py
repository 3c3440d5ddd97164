from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters, write_parameters
from semseg.errors import ModelError
from tests.engines.onnx.random_parameters import GLUON_WIDTH, random_parameters

if TYPE_CHECKING:
    from semseg.engines.pytorch.network import SegmentationNetwork

pytestmark = pytest.mark.pytorch


def network_of(algorithm: str = "fcn", backbone: str = "resnet-50", aux: bool = False) -> SegmentationNetwork:
    from semseg.engines.pytorch.network import build_network

    return build_network(algorithm, backbone, 3, aux).to_empty(device="cpu")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parameters") / "model_best.params"
    write_parameters(path, random_parameters("fcn", num_classes=3, width=GLUON_WIDTH, aux=True))
    return path


def test_what_is_written_is_what_was_read(file: Path, tmp_path: Path) -> None:
    from semseg.engines.pytorch import parameters

    network = network_of(aux=True)
    parameters.load(network, file)
    values, wanted = parameters.arrays(network), read_parameters(file)
    assert values.keys() == wanted.keys()
    assert all(np.array_equal(values[name], wanted[name]) for name in wanted)


def test_an_auxiliary_head_that_the_network_does_not_have_is_left_out(file: Path) -> None:
    from semseg.engines.pytorch import parameters

    network = network_of(aux=False)
    parameters.load(network, file)
    assert not any(name.startswith("auxlayer") for name in parameters.arrays(network))


def test_half_precision_is_read_as_float32(file: Path, tmp_path: Path) -> None:
    from semseg.engines.pytorch import parameters

    write_parameters(tmp_path / "half", {n: array.astype(np.float16) for n, array in read_parameters(file).items()})
    network = network_of()
    parameters.load(network, tmp_path / "half")
    values = parameters.arrays(network)
    assert {array.dtype for array in values.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(values["bn1.gamma"], read_parameters(file)["bn1.gamma"], rtol=1e-3)


def test_a_file_of_another_network_is_refused_with_its_first_difference(file: Path, tmp_path: Path) -> None:
    from semseg.engines.pytorch import parameters

    with pytest.raises(ModelError, match=r"model_best.params has no parameter head.psp"):
        parameters.load(network_of("psp"), file)
    with pytest.raises(ModelError, match=r"layer3\.6"):
        parameters.load(network_of("fcn", "resnet-101"), file)
    more = {**read_parameters(file), "head.block.4.weight": np.zeros((5, 512, 1, 1), np.float32)}
    write_parameters(tmp_path / "five.params", more)
    with pytest.raises(ModelError, match=r"five.params holds head.block.4.weight as \(5, 512, 1, 1\) where"):
        parameters.load(network_of(), tmp_path / "five.params")


def test_of_a_network_with_other_classes_and_another_decoder_the_encoder_is_taken(file: Path) -> None:
    from semseg.engines.pytorch import parameters

    network = network_of("psp", aux=True)
    before, given = parameters.arrays(network), read_parameters(file)
    start = parameters.take_fitting(network, "resnet-50", "model_best.params", given)
    assert {name.partition(".")[0] for name in start.anew} == {"head"}
    after = parameters.arrays(network)
    for name, array in after.items():
        assert np.array_equal(array, before[name] if name in start.anew else given[name], equal_nan=True), name


def test_a_file_of_another_encoder_changes_nothing(file: Path) -> None:
    from semseg.engines.pytorch import parameters

    network = network_of("fcn", "resnet-101")
    before = parameters.arrays(network)
    with pytest.raises(ModelError, match=r"fill a resnet-101 encoder: it holds no 'layer3\.6\.conv1\.weight'"):
        parameters.take_fitting(network, "resnet-101", "model_best.params", read_parameters(file))
    assert all(
        np.array_equal(array, before[name], equal_nan=True) for name, array in parameters.arrays(network).items()
    )


@pytest.mark.engine
def test_mxnet_reads_what_is_written(file: Path, tmp_path: Path) -> None:
    import mxnet as mx

    from semseg.engines.gluon import engine, networks
    from semseg.engines.pytorch import parameters

    network = network_of(aux=True)
    parameters.load(network, file)
    write_parameters(tmp_path / "ours.params", parameters.arrays(network))
    theirs = networks.build_network("fcn", "resnet-50", 3, aux=True)
    networks.initialize(theirs, [mx.cpu()])
    engine.load_parameters(theirs, tmp_path / "ours.params")
    theirs.save_parameters(str(tmp_path / "theirs.params"))
    assert (tmp_path / "theirs.params").read_bytes() == (tmp_path / "ours.params").read_bytes()
