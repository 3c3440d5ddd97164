"""Graphs of the real networks, narrow, with fewer operations."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from semseg.engines.onnx.channel_moments import MOST_PLACES, factorings, grid_stride
from semseg.engines.onnx.light_graph import LightGraphs
from semseg.engines.onnx.network import build_graph
from semseg.engines.onnx.onnx_network import OnnxNetwork
from tests.engines.onnx.random_parameters import random_parameters

CLASSES, WIDTH = 3, 8
PICTURES = [np.random.default_rng(seed).integers(0, 256, (72, 96, 3), np.uint8) for seed in range(4)]


class Stopped(Exception):
    """What a caller raises to end the work."""


def graph_of(algorithm: str) -> onnx.ModelProto:
    return build_graph(random_parameters(algorithm, num_classes=CLASSES, width=WIDTH), algorithm, "resnet-50", CLASSES)


def graphs_of(algorithm: str) -> LightGraphs:
    graph = graph_of(algorithm)
    return LightGraphs(graph, factorings(graph, PICTURES, 1, lambda: None))


@pytest.fixture(scope="module")
def fcn() -> LightGraphs:
    return graphs_of("fcn")


def answers(graph: onnx.ModelProto) -> np.ndarray:
    network = OnnxNetwork(graph.SerializeToString(), CLASSES, threads=1)
    return network.probabilities(PICTURES[0][np.newaxis], (72, 96))


def test_the_operations_are_those_of_all_convolutions(fcn: LightGraphs) -> None:
    layers = fcn.layers
    # the decoder's first: 256 to 64 channels, 3 x 3, at an eighth of 72 x 96 pixels
    assert layers["head.block.0"].operations == 256 * 64 * 9 * 9 * 12
    assert layers["conv1.0"].operations == 3 * 8 * 9 * 36 * 48
    assert fcn.operations == sum(layer.operations for layer in layers.values())


def test_a_graph_has_no_more_operations_than_it_may(fcn: LightGraphs) -> None:
    for share in (0.9, 0.6, 0.4):
        light = fcn.at(share)
        onnx.checker.check_model(light.graph)
        assert share - 0.1 < light.operations <= share
    assert fcn.at(0.0).operations == fcn.at(0.01).operations  # the smallest ranks


def test_a_share_of_one_changes_nothing(fcn: LightGraphs) -> None:
    whole = fcn.at(1.0)
    assert whole.operations == 1.0
    assert np.array_equal(answers(whole.graph), answers(fcn.graph))


@pytest.mark.parametrize("algorithm", ["fcn", "psp", "deeplab"])
def test_answers_come_nearer_with_more_operations(algorithm: str) -> None:
    graphs = graphs_of(algorithm)
    whole = answers(graphs.graph)
    far, near = (np.abs(answers(graphs.at(share).graph) - whole).mean() for share in (0.4, 0.9))
    assert 0 < near < far


def test_layers_whose_inputs_have_few_directions_are_made_smaller_than_others() -> None:
    parameters = random_parameters("fcn", num_classes=CLASSES, width=WIDTH)
    # the second stage's second block sees the same 16 channels again and again
    name = "layer3.1.conv2.weight"
    parameters[name] = np.repeat(parameters[name][:8], 4, axis=0)
    for part in ("gamma", "beta", "running_mean", "running_var"):
        norm = f"layer3.1.bn2.{part}"
        parameters[norm] = np.repeat(parameters[norm][:8], 4)
    graph = build_graph(parameters, "fcn", "resnet-50", CLASSES)
    graphs = LightGraphs(graph, factorings(graph, PICTURES, 1, lambda: None))
    ranks = graphs.ranks(0.95)
    assert ranks["layer3.1.conv2"].outputs == 16
    assert ranks["layer3.2.conv2"].outputs is None


def test_measuring_ends_with_what_its_caller_raises() -> None:
    def stop() -> None:
        raise Stopped

    with pytest.raises(Stopped):
        factorings(graph_of("fcn"), PICTURES, 1, stop)


@pytest.mark.parametrize(("height", "width", "stride"), [(9, 12, 1), (32, 32, 1), (33, 32, 2), (65, 87, 3)])
def test_the_grid_of_a_picture_has_a_bounded_number_of_places(height: int, width: int, stride: int) -> None:
    assert grid_stride(height, width) == stride
    assert -(-height // stride) * -(-width // stride) <= MOST_PLACES
