"""Adaptive average pooling as two matrix products, exact for every size: ONNX has no operator for it.

Of a side of L pixels, bin i of n is the mean over the pixels from floor(i L / n) to before ceil((i + 1) L / n).
Source: MXNet 1.9.1, ``adaptive_avg_pooling.cc``; PyTorch's is the same. With a row of weights for each bin the pooled
picture is R x C^T, for the rows' and the columns' weights R and C.
"""

from __future__ import annotations

import numpy as np

from semseg.engines.onnx.builder import FLOAT, GraphBuilder


def pool(graph: GraphBuilder, x: str, bins: int) -> str:
    """Adds the pooling of ``x``, (N, C, h, w), to (N, C, bins, bins), and returns the name of the result."""
    if bins == 1:
        return graph.add("GlobalAveragePool", [x])
    rows, columns = (_weights(graph, _side(graph, x, axis), bins) for axis in (2, 3))
    columns = graph.add("Transpose", [columns], perm=[1, 0])
    return graph.add("MatMul", [graph.add("MatMul", [rows, x]), columns])


def _side(graph: GraphBuilder, x: str, axis: int) -> str:
    """Returns the name of the length of ``x`` along an axis, (1,) int64."""
    return graph.add("Shape", [x], start=axis, end=axis + 1)


def _weights(graph: GraphBuilder, length: str, bins: int) -> str:
    """Returns the name of the weights, (bins, length) float32, each row of which adds up to 1."""
    numbers = np.arange(bins, dtype=np.int64)[:, np.newaxis]
    count = graph.integers(bins)
    first = graph.add("Mul", [graph.constant(f"bins_{bins}.first", numbers), length])
    first = graph.add("Div", [first, count])  # of integers: rounds down
    end = graph.add("Mul", [graph.constant(f"bins_{bins}.end", numbers + 1), length])
    end = graph.add("Div", [graph.add("Add", [end, graph.integers(bins - 1)]), count])  # rounds up
    positions = graph.add("Range", [graph.integer(0), graph.add("Squeeze", [length]), graph.integer(1)])
    inside = graph.add("And", [graph.add("GreaterOrEqual", [positions, first]), graph.add("Less", [positions, end])])
    size = graph.add("Cast", [graph.add("Sub", [end, first])], to=FLOAT)
    return graph.add("Div", [graph.add("Cast", [inside], to=FLOAT), size])
