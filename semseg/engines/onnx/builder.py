"""A graph under construction: each call adds an operation and returns the name of its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from semseg.engines.network import AUX_PREFIX
from semseg.errors import ModelError

BATCH_NORM_EPSILON = 1e-5  # GluonCV's
FLOAT, BYTES = TensorProto.FLOAT, TensorProto.UINT8
LAST_BIAS = "head.block.4.bias"
OPSET = 18
IR_VERSION = 8  # of the ONNX file format: as old as the opset allows, so that older runtimes read it


class GraphBuilder:
    """Collects the nodes and the constants of a graph.

    Args:
        parameters: the network's values, by GluonCV's names.
    """

    def __init__(self, parameters: Mapping[str, np.ndarray]) -> None:
        self._parameters = parameters
        self._used: set[str] = set()
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}

    def add(self, operation: str, inputs: Sequence[str], name: str = "", **attributes: Any) -> str:
        """Adds a node with one output, and returns that output's name."""
        output = name or f"{operation.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, list(inputs), [output], name=output, **attributes))
        return output

    def constant(self, name: str, value: np.ndarray) -> str:
        """Adds a constant, and returns its name."""
        self._constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def convolution(
        self, x: str, name: str, norm: str = "", stride: int = 1, padding: int = 0, dilation: int = 1
    ) -> str:
        """Adds the convolution called ``name``, with the batch norm ``norm`` after it merged into its weights, and
        returns the name of its result.

        Batch norm at inference is one factor and one summand for each channel:
        y = (x - mean) / sqrt(var + epsilon) * gamma + beta.

        The kernel is 3 x 3 with padding, and 1 x 1 without.
        """
        weight = self._parameter(f"{name}.weight")
        kernel = (3, 3) if padding else (1, 1)
        if weight.ndim != 4 or weight.shape[2:] != kernel:
            raise ModelError(
                f"the parameter {name}.weight must have shape (outputs, inputs, {kernel[0]}, {kernel[1]}), "
                f"got {weight.shape}"
            )
        channels = (len(weight),)
        if norm:
            gamma, beta, mean, var = (
                self._parameter(f"{norm}.{part}", channels) for part in ("gamma", "beta", "running_mean", "running_var")
            )
            factor = gamma / np.sqrt(var + np.float32(BATCH_NORM_EPSILON))
            weight, bias = weight * factor[:, np.newaxis, np.newaxis, np.newaxis], beta - mean * factor
        else:
            bias = self._parameter(f"{name}.bias", channels)
        inputs = [x, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        return self.add(
            "Conv",
            inputs,
            name,
            kernel_shape=list(kernel),
            strides=[stride] * 2,
            pads=[padding] * 4,
            dilations=[dilation] * 2,
        )

    def per_channel(self, name: str, values: np.ndarray) -> str:
        """Adds a constant, (1, C, 1, 1) float32, of C values, and returns its name."""
        return self.constant(name, values.astype(np.float32).reshape(1, -1, 1, 1))

    def integers(self, *values: int) -> str:
        """Adds a constant of one dimension, int64, and returns its name."""
        return self.constant(f"integers.{'.'.join(map(str, values))}", np.array(values, np.int64))

    def integer(self, value: int) -> str:
        """Adds a constant without dimension, int64, and returns its name."""
        return self.constant(f"integer.{value}", np.array(value, np.int64))

    def relu(self, x: str) -> str:
        """Adds a ReLU, and returns the name of its result."""
        return self.add("Relu", [x])

    def size_of(self, x: str) -> str:
        """Adds the height and the width of ``x``, (N, C, H, W), as (2,) int64, and returns their name."""
        return self.add("Shape", [x], start=2, end=4)

    def resize(self, x: str, size: str) -> str:
        """Adds a bilinear resize, corners aligned, to ``size``, (2,) int64, and returns the name of its result."""
        channels = self.add("Shape", [x], start=0, end=2)
        sizes = self.add("Concat", [channels, size], axis=0)
        return self.add("Resize", [x, "", "", sizes], mode="linear", coordinate_transformation_mode="align_corners")

    def check_all_used(self, num_classes: int) -> None:
        """Raises ModelError if parameters are left that the network did not use: they are those of another network."""
        for name in self._parameters:
            if name not in self._used and not name.startswith(AUX_PREFIX):
                raise ModelError(f"the parameters have {name} that the network of hyperparams.json has not")
        classes = len(self._parameters[LAST_BIAS])
        if classes != num_classes:
            raise ModelError(f"the parameters are of {classes} classes where hyperparams.json says {num_classes}")

    def model(
        self, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto], name: str
    ) -> onnx.ModelProto:
        """Returns the finished graph."""
        graph = helper.make_graph(self._nodes, name, inputs, outputs, list(self._constants.values()))
        return helper.make_model(
            graph, producer_name="semseg", opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )

    def _parameter(self, name: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
        """Returns a parameter as float32, after a check of its shape if one is given."""
        if name not in self._parameters:
            raise ModelError(f"the parameters have no {name}: hyperparams.json describes another network")
        value = self._parameters[name]
        if shape is not None and value.shape != shape:
            raise ModelError(f"the parameter {name} must have shape {shape}, got {value.shape}")
        self._used.add(name)
        return value.astype(np.float32)
