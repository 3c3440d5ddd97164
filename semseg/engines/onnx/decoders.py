"""The three decoders: each turns the features of the fourth stage, (N, 2048, h, w), into scores, (N, C, h, w)."""

from __future__ import annotations

from semseg.engines.onnx.adaptive_pooling import pool
from semseg.engines.onnx.builder import GraphBuilder

PYRAMID_BINS = (1, 2, 3, 6)
ATROUS_RATES = (12, 24, 36)
ASPP = "head.aspp.concurent"  # GluonCV's spelling


def add_fcn(graph: GraphBuilder, x: str) -> str:
    """Adds a 3 x 3 convolution and one of 1 x 1 to the classes, and returns the name of the scores; the other decoders
    end with it too.
    """
    x = graph.relu(graph.convolution(x, "head.block.0", "head.block.1", padding=1))
    return graph.convolution(x, "head.block.4")


def add_psp(graph: GraphBuilder, x: str) -> str:
    """Adds the means over 1, 2, 3 and 6 bins a side, resized to the size of ``x`` and put beside ``x``, and returns the
    name of the scores.
    """
    size = graph.size_of(x)
    branches = [x]
    for number, bins in enumerate(PYRAMID_BINS, start=1):
        name = f"head.psp.conv{number}"
        pooled = graph.relu(graph.convolution(pool(graph, x, bins), f"{name}.0", f"{name}.1"))
        branches.append(graph.resize(pooled, size))
    return add_fcn(graph, graph.add("Concat", branches, axis=1))


def add_deeplab(graph: GraphBuilder, x: str) -> str:
    """Adds atrous spatial pyramid pooling, and returns the name of the scores: four convolutions with ever larger
    dilation, and the mean of the whole picture.
    """
    branches = [graph.relu(graph.convolution(x, f"{ASPP}.0.0", f"{ASPP}.0.1"))]
    for number, rate in enumerate(ATROUS_RATES, start=1):
        name = f"{ASPP}.{number}"
        wide = graph.convolution(x, f"{name}.0", f"{name}.1", padding=rate, dilation=rate)
        branches.append(graph.relu(wide))
    mean = graph.add("GlobalAveragePool", [x])
    mean = graph.relu(graph.convolution(mean, f"{ASPP}.4.gap.1", f"{ASPP}.4.gap.2"))
    branches.append(graph.resize(mean, graph.size_of(x)))
    joined = graph.add("Concat", branches, axis=1)
    return add_fcn(graph, graph.relu(graph.convolution(joined, "head.aspp.project.0", "head.aspp.project.1")))


DECODERS = {"fcn": add_fcn, "psp": add_psp, "deeplab": add_deeplab}
