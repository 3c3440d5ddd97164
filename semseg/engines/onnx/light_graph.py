"""A graph with fewer operations: its convolutions become chains of narrower ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

from semseg.engines.onnx.factors import Chain, Factoring, Part, Ranks

DEAREST = 64.0  # the price of all operations together at which even little is too much
HALVINGS = 40  # of the price; float32 has no finer


@dataclass(frozen=True)
class LightGraph:
    """A graph, and the share of the whole network's operations that its convolutions take, 0 to 1."""

    graph: onnx.ModelProto
    operations: float


class LightGraphs:
    """The lighter graphs of one network.

    Args:
        graph: the whole network's.
        layers: what is known of its convolutions, by their names.
    """

    def __init__(self, graph: onnx.ModelProto, layers: Mapping[str, Factoring]) -> None:
        self.graph = graph
        self.layers = layers
        self.operations = sum(layer.operations for layer in layers.values())

    def at(self, share: float) -> LightGraph:
        """Returns the graph that loses least with at most this share of the operations, 0 to 1; where even the smallest
        ranks take more, that with the smallest.
        """
        ranks = self.ranks(share)
        return LightGraph(_rebuilt(self.graph, self._chains(ranks)), self._share(ranks))

    def ranks(self, share: float) -> dict[str, Ranks]:
        """Returns the ranks of each convolution in the graph of :meth:`at`: one price of an operation for all layers,
        found by halving.
        """
        low, high = 0.0, DEAREST
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self._share(self._at_price(middle)) <= share else (middle, high)
        return self._at_price(high)

    def _at_price(self, price: float) -> dict[str, Ranks]:
        return {name: layer.ranks(price / self.operations) for name, layer in self.layers.items()}

    def _share(self, ranks: Mapping[str, Ranks]) -> float:
        return sum(layer.operations_with(ranks[name]) for name, layer in self.layers.items()) / self.operations

    def _chains(self, ranks: Mapping[str, Ranks]) -> dict[str, Chain]:
        return {name: self.layers[name].chain(each) for name, each in ranks.items() if each != Ranks()}


def _rebuilt(graph: onnx.ModelProto, chains: Mapping[str, Chain]) -> onnx.ModelProto:
    """Returns the graph with chains in place of the convolutions of these names."""
    replaced = {name for node in graph.graph.node if node.name in chains for name in node.input[1:]}
    nodes: list[onnx.NodeProto] = []
    constants = [each for each in graph.graph.initializer if each.name not in replaced]
    for node in graph.graph.node:
        if node.name in chains:
            made, values = _nodes(node, chains[node.name])
            nodes += made
            constants += [numpy_helper.from_array(value, name) for name, value in values.items()]
        else:
            nodes.append(node)
    inside = helper.make_graph(nodes, graph.graph.name, graph.graph.input, graph.graph.output, constants)
    return helper.make_model(
        inside,
        producer_name=graph.producer_name,
        opset_imports=graph.opset_import,
        ir_version=graph.ir_version,
    )


def _nodes(node: onnx.NodeProto, chain: Chain) -> tuple[list[onnx.NodeProto], dict[str, np.ndarray]]:
    """Returns the nodes of a chain, whose last one gives what ``node`` gave, and their constants."""
    parts = [
        (f"{node.name}.narrow", chain.narrow, {}),
        (f"{node.name}.middle", chain.middle, {each.name: helper.get_attribute_value(each) for each in node.attribute}),
        (f"{node.name}.wide", chain.wide, {}),
    ]
    made: list[onnx.NodeProto] = []
    values: dict[str, np.ndarray] = {}
    x = node.input[0]
    for name, part, attributes in parts:
        if part is not None:
            inputs = [x, *_constants(name, part, values)]
            made.append(helper.make_node("Conv", inputs, [name], name=name, **attributes))
            x = name
    made[-1].output[0] = node.output[0]
    return made, values


def _constants(name: str, part: Part, values: dict[str, np.ndarray]) -> list[str]:
    """Adds the weights of a part to ``values``, and returns their names."""
    values[f"{name}.weight"] = part.weight
    if part.bias is None:
        return [f"{name}.weight"]
    values[f"{name}.bias"] = part.bias
    return [f"{name}.weight", f"{name}.bias"]
