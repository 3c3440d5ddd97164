"""A whole network as an ONNX graph: pictures in, masks and probabilities out, of any height and width."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from onnx import helper

from semseg.engines.normalization import FACTOR, OFFSET
from semseg.engines.onnx.builder import BYTES, FLOAT, GraphBuilder
from semseg.engines.onnx.decoders import DECODERS
from semseg.engines.onnx.encoder import add_encoder
from semseg.engines.onnx.ports import IMAGES, MASK, PROBABILITIES


def build_graph(
    parameters: Mapping[str, np.ndarray], algorithm: str, backbone: str, num_classes: int
) -> onnx.ModelProto:
    """Returns the graph of the network with these parameters.

    Its input ``images`` is (N, H, W, 3) uint8, RGB. Its outputs, of the same height and width, are ``probabilities``,
    (N, C, H, W) float32, and ``mask``, (N, H, W) uint8, their first arg-max.

    Args:
        parameters: by GluonCV's names; those of an auxiliary head are left out.
        algorithm: fcn, psp or deeplab.
        backbone: resnet-50 or resnet-101.
        num_classes: C.

    Raises:
        ModelError: a parameter is missing, has another shape, or belongs to another network.
    """
    graph = GraphBuilder(parameters)
    images = _normalized(graph, IMAGES)
    scores = DECODERS[algorithm](graph, add_encoder(graph, images, backbone))
    scores = graph.resize(scores, graph.size_of(images))
    probabilities = graph.add("Softmax", [scores], PROBABILITIES, axis=1)
    graph.add("Cast", [graph.add("ArgMax", [probabilities], axis=1, keepdims=0)], MASK, to=BYTES)
    graph.check_all_used(num_classes)
    batch, height, width = "batch", "height", "width"
    return graph.model(
        [helper.make_tensor_value_info(IMAGES, BYTES, [batch, height, width, 3])],
        [
            helper.make_tensor_value_info(MASK, BYTES, [batch, height, width]),
            helper.make_tensor_value_info(PROBABILITIES, FLOAT, [batch, num_classes, height, width]),
        ],
        f"{algorithm}_{backbone}",
    )


def _normalized(graph: GraphBuilder, images: str) -> str:
    """Adds (pixel / 255 - mean) / standard deviation, (N, 3, H, W) float32, and returns its name."""
    planes = graph.add("Transpose", [graph.add("Cast", [images], to=FLOAT)], perm=[0, 3, 1, 2])
    scaled = graph.add("Mul", [planes, graph.per_channel("normalize.factor", FACTOR)])
    return graph.add("Add", [scaled, graph.per_channel("normalize.offset", OFFSET)])
