"""A network that ONNX Runtime runs on the processor, from a graph as :mod:`semseg.engines.onnx.network` builds it.

It serves to compare exported graphs; an endpoint uses OpenVINO or MXNet.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import helper

from semseg.engines.onnx.builder import FLOAT, GraphBuilder
from semseg.engines.onnx.ports import IMAGES, MASK, PROBABILITIES
from semseg.errors import ModelError

PROVIDERS = ["CPUExecutionProvider"]
UNSIZED, SIZE = "unsized", "size"
INTEGER = onnx.TensorProto.INT64


class OnnxNetwork:
    """A network with its parameters that returns probabilities or masks. Use it from one thread at a time.

    Args:
        graph: an .onnx file, or its content.
        num_classes: C.
        threads: how many compute; at least 1.

    Raises:
        ModelError: ONNX Runtime cannot read the graph, or it is no such network.
    """

    def __init__(self, graph: Path | bytes, num_classes: int, threads: int) -> None:
        self.num_classes = num_classes
        self._options = onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = threads
        self._session = self._open(graph)
        shapes = {port.name: port.shape for port in (*self._session.get_inputs(), *self._session.get_outputs())}
        if IMAGES not in shapes or shapes.get(PROBABILITIES, [0, 0])[1] != num_classes:
            raise ModelError(f"A graph must have {IMAGES} and {PROBABILITIES} of {num_classes} classes, got {shapes}")
        self._resizing = self._open(_resizing(num_classes).SerializeToString())

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, C, H, W) float32, as :class:`semseg.engines.network.Network` describes it."""
        (answer,) = self._session.run([PROBABILITIES], {IMAGES: images})
        if tuple(size) != images.shape[1:3]:
            (answer,) = self._resizing.run([PROBABILITIES], {UNSIZED: answer, SIZE: np.array(size, np.int64)})
        return np.asarray(answer)

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, H, W) uint8: the first class of the highest probability; arguments as for
        :meth:`probabilities`.
        """
        if tuple(size) == images.shape[1:3]:
            return np.asarray(self._session.run([MASK], {IMAGES: images})[0])
        return self.probabilities(images, size).argmax(axis=1).astype(np.uint8)

    def _open(self, graph: Path | bytes) -> onnxruntime.InferenceSession:
        try:
            return onnxruntime.InferenceSession(graph, self._options, providers=PROVIDERS)
        except Exception as error:  # ONNX Runtime documents no base class of its errors
            name = graph.name if isinstance(graph, Path) else "the graph"
            raise ModelError(f"{name} must be a graph that ONNX Runtime reads: {error}") from error


def _resizing(num_classes: int) -> onnx.ModelProto:
    """Returns a graph that resizes the probabilities ``unsized`` to ``size``, (2,) int64: bilinear, corners aligned."""
    graph = GraphBuilder({})
    graph.add("Identity", [graph.resize(UNSIZED, SIZE)], PROBABILITIES)
    return graph.model(
        [
            helper.make_tensor_value_info(UNSIZED, FLOAT, ["batch", num_classes, "height", "width"]),
            helper.make_tensor_value_info(SIZE, INTEGER, [2]),
        ],
        [helper.make_tensor_value_info(PROBABILITIES, FLOAT, ["batch", num_classes, "new_height", "new_width"])],
        "resizing",
    )
