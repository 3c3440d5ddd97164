"""The networks that are built as graphs answer as Gluon does, at every size: all six, by both runtimes.

They are narrow here; ``benchmarks/export_parity.py`` compares them as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.serving.engine_loop import answers_batches_alike
from tests.engines.onnx.random_parameters import random_parameters
from tests.six_networks import SIX_NARROW

pytestmark = pytest.mark.engine

SIZES = ((240, 240), (31, 47), (480, 360), (123, 187), (96, 256))  # (height, width)
CLASSES, THREADS = 5, 2
TOLERANCE = 1e-4  # of a probability; 2e-5 was seen


@pytest.fixture(params=SIX_NARROW, scope="module")
def networks(request: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The same network three times: Gluon's, and its graph by OpenVINO and by ONNX Runtime."""
    from semseg.engines.onnx.network import build_graph
    from semseg.engines.onnx.onnx_network import OnnxNetwork
    from semseg.engines.openvino.network import OpenVinoNetwork, compile_network
    from semseg.engines.openvino.opening import build
    from tests.engines.gluon.narrow_network import narrow_gluon_network

    algorithm, backbone = request.param
    parameters = random_parameters(algorithm, backbone, CLASSES)
    file = tmp_path_factory.mktemp(algorithm) / "model_best.params"
    write_parameters(file, parameters)
    graph = build_graph(parameters, algorithm, backbone, CLASSES).SerializeToString()
    compiled = compile_network(build(file, algorithm, backbone, CLASSES), CLASSES, THREADS)
    return {
        "gluon": narrow_gluon_network(algorithm, backbone, CLASSES, file),
        "openvino": OpenVinoNetwork(compiled, CLASSES, THREADS),
        "onnx": OnnxNetwork(graph, CLASSES, THREADS),
    }


def pictures(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
def test_the_answers_are_gluons(networks: dict[str, Any], size: tuple[int, int]) -> None:
    images = pictures(1, *size)
    truth = networks["gluon"].probabilities(images, size)
    assert np.ptp(truth, axis=1).mean() > 0.1  # the classes are told apart
    for runtime in ("openvino", "onnx"):
        found = networks[runtime].probabilities(images, size)
        np.testing.assert_allclose(found, truth, rtol=0, atol=TOLERANCE)
        assert np.mean(found.argmax(axis=1) == networks["gluon"].mask(images, size)) > 0.999


def test_answers_of_another_size_are_gluons_too(networks: dict[str, Any]) -> None:
    images = pictures(1, 40, 56)
    truth = networks["gluon"].probabilities(images, (71, 33))
    for runtime in ("openvino", "onnx"):
        np.testing.assert_allclose(networks[runtime].probabilities(images, (71, 33)), truth, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("size", [(40, 56), (71, 33)], ids=["own size", "another size"])
def test_a_mask_is_the_first_arg_max_of_exactly_the_probabilities(
    networks: dict[str, Any], size: tuple[int, int]
) -> None:
    images = pictures(2, 40, 56)
    for network in networks.values():
        mask = network.mask(images, size)
        assert (mask.shape, mask.dtype) == ((2, *size), np.uint8)
        assert np.array_equal(mask, network.probabilities(images, size).argmax(axis=1))


@pytest.mark.parametrize("size", [(40, 56), (71, 33)], ids=["own size", "another size"])
def test_a_batch_is_answered_to_the_bit_as_its_pictures_are_alone_or_the_server_asks_for_single_ones(
    networks: dict[str, Any], size: tuple[int, int]
) -> None:
    images = pictures(4, 40, 56)
    for network in networks.values():
        together = network.probabilities(images, size)
        alone = np.stack([network.probabilities(images[number : number + 1], size)[0] for number in range(4)])
        np.testing.assert_allclose(together, alone, rtol=0, atol=TOLERANCE)
        assert np.array_equal(together, alone) or not answers_batches_alike(network)
