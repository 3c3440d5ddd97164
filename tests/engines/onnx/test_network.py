from __future__ import annotations

import numpy as np
import onnx
import pytest

from semseg.engines.onnx.network import build_graph
from semseg.errors import ModelError
from tests.engines.onnx.random_parameters import random_parameters
from tests.six_networks import SIX


@pytest.mark.parametrize(("algorithm", "backbone"), SIX, ids=["-".join(network) for network in SIX])
def test_a_graph_is_valid_onnx_of_any_size(algorithm: str, backbone: str) -> None:
    graph = build_graph(random_parameters(algorithm, backbone), algorithm, backbone, 5)
    onnx.checker.check_model(graph, full_check=True)
    assert [shape_of(port) for port in graph.graph.input] == [("images", ["batch", "height", "width", 3])]
    assert [shape_of(port) for port in graph.graph.output] == [
        ("mask", ["batch", "height", "width"]),
        ("probabilities", ["batch", 5, "height", "width"]),
    ]


def shape_of(port: onnx.ValueInfoProto) -> tuple[str, list[object]]:
    return port.name, [side.dim_param or side.dim_value for side in port.type.tensor_type.shape.dim]


def test_weights_are_constants_that_a_runtime_can_fold() -> None:
    graph = build_graph(random_parameters("fcn"), "fcn", "resnet-50", 5).graph
    assert [port.name for port in graph.input] == ["images"]
    assert "head.block.0.weight" in {constant.name for constant in graph.initializer}


def test_batch_norm_is_taken_into_the_weights() -> None:
    parameters = random_parameters("fcn")
    parameters["head.block.0.weight"][:] = 2
    for part, value in (("gamma", 3.0), ("beta", 0.5), ("running_mean", 4.0), ("running_var", 9 - 1e-5)):
        parameters[f"head.block.1.{part}"][:] = value
    graph = build_graph(parameters, "fcn", "resnet-50", 5).graph
    constants = {constant.name: onnx.numpy_helper.to_array(constant) for constant in graph.initializer}
    # 3 / sqrt(9) = 1 as the factor, and 0.5 - 4 * 1 as the summand
    np.testing.assert_allclose(constants["head.block.0.weight"], 2, rtol=1e-6)
    np.testing.assert_allclose(constants["head.block.0.bias"], -3.5, rtol=1e-6)


def test_an_auxiliary_head_is_left_out() -> None:
    parameters = random_parameters("fcn")
    with_auxiliary = {**parameters, "auxlayer.block.4.bias": np.zeros(5, np.float32)}
    plain, same = (build_graph(each, "fcn", "resnet-50", 5) for each in (parameters, with_auxiliary))
    assert plain.SerializeToString(deterministic=True) == same.SerializeToString(deterministic=True)


def test_a_missing_parameter_is_named() -> None:
    parameters = random_parameters("fcn")
    del parameters["layer3.2.conv2.weight"]
    with pytest.raises(ModelError, match=r"^the parameters have no layer3\.2\.conv2\.weight: "):
        build_graph(parameters, "fcn", "resnet-50", 5)


def test_parameters_of_a_larger_network_are_refused() -> None:
    with pytest.raises(ModelError, match=r"^the parameters have layer3\.6\.conv1\.weight that the network "):
        build_graph(random_parameters("fcn", "resnet-101"), "fcn", "resnet-50", 5)


def test_another_number_of_classes_is_refused() -> None:
    with pytest.raises(ModelError, match=r"^the parameters are of 5 classes where hyperparams\.json says 6$"):
        build_graph(random_parameters("fcn"), "fcn", "resnet-50", 6)


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("conv1.0.weight", (4, 3, 3), "(outputs, inputs, 3, 3), got (4, 3, 3)"),
        ("layer1.0.conv1.weight", (4, 8, 3, 3), "(outputs, inputs, 1, 1), got (4, 8, 3, 3)"),
        ("bn1.gamma", (2, 4), "(8,), got (2, 4)"),
        ("bn1.gamma", (7,), "(8,), got (7,)"),
        ("bn1.running_var", (1,), "(8,), got (1,)"),
        ("head.block.4.bias", (4,), "(5,), got (4,)"),
    ],
)
def test_a_parameter_of_another_shape_is_named(name: str, shape: tuple[int, ...], words: str) -> None:
    parameters = {**random_parameters("fcn"), name: np.ones(shape, np.float32)}
    with pytest.raises(ModelError) as refusal:
        build_graph(parameters, "fcn", "resnet-50", 5)
    assert str(refusal.value) == f"the parameter {name} must have shape {words}"
