"""A network that OpenVINO runs on the processor, from a graph as :mod:`semseg.engines.onnx.network` builds it.

The graph is compiled once, up to the probabilities at the pictures' own size. A mask or another size is made from them
by graphs of a few operations, which read the probabilities without a copy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from openvino import opset13 as operations

from semseg.engines.onnx.ports import IMAGES, PROBABILITIES
from semseg.errors import ModelError

DEVICE = "CPU"
SIZE = "size"
CLASSES, SIDES = 1, (2, 3)  # axes of probabilities
# OpenVINO keeps a compiled kernel for every shape, by default 5000 of them, and a server sees ever new sizes: a narrow
# FCN was seen to grow from 130 to 790 MiB over 500 of them. A network has some 60, so that these are for two sizes in
# turn; each new size takes some 4 ms more. With 128, an FCN on ResNet-50 was flat after 250 sizes; with 512 it still
# grew after 2000.
CACHED_KERNELS = 128


class OpenVinoNetwork:
    """A network with its parameters that returns probabilities or masks. Use it from one thread at a time.

    Args:
        compiled: as :func:`compile_network` gives it.
        num_classes: C.
        threads: how many compute; at least 1.
    """

    def __init__(self, compiled: Any, num_classes: int, threads: int) -> None:
        self.num_classes = num_classes
        self.threads = threads
        self._body = compiled.create_infer_request()
        self._heads: dict[tuple[bool, bool], Any] = {}

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, C, H, W) float32, as :class:`semseg.engines.network.Network` describes it."""
        return self._answer(images, size, mask=False)

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Returns (N, H, W) uint8: the first class of the highest probability; arguments as for
        :meth:`probabilities`.
        """
        return self._answer(images, size, mask=True)

    def _answer(self, images: np.ndarray, size: tuple[int, int], mask: bool) -> np.ndarray:
        images = np.ascontiguousarray(images)
        # OpenVINO uses an array without a copy only if it is writable
        self._body.set_tensor(IMAGES, ov.Tensor(images, shared_memory=images.flags.writeable))
        self._body.infer()
        answer = self._body.get_output_tensor()
        resized = tuple(size) != images.shape[1:3]
        if resized or mask:
            head = self._head(resized, mask)
            head.set_tensor(PROBABILITIES, answer)
            if resized:
                head.set_tensor(SIZE, ov.Tensor(np.array(size, np.int64)))
            head.infer()
            answer = head.get_output_tensor()
        return np.array(answer.data)  # a copy: the tensor is overwritten by the next answer

    def _head(self, resized: bool, mask: bool) -> Any:
        if (resized, mask) not in self._heads:
            graph = head_graph(self.num_classes, resized, mask)
            # The same size seldom comes twice, and making these kernels takes too little time to be measured.
            forgetful = {**settings(self.threads), "CPU_RUNTIME_CACHE_CAPACITY": 0}
            compiled = ov.Core().compile_model(graph, DEVICE, forgetful)
            self._heads[resized, mask] = compiled.create_infer_request()
        return self._heads[resized, mask]


def compile_network(model: ov.Model, num_classes: int, threads: int) -> Any:
    """Returns the model's graph from ``images`` to ``probabilities`` as OpenVINO's CompiledModel.

    Raises:
        ModelError: the model is no network of ``num_classes`` classes.
    """
    check(model, num_classes)
    body = ov.Model([model.output(PROBABILITIES)], [model.input(IMAGES).node])
    return ov.Core().compile_model(body, DEVICE, settings(threads))


def settings(threads: int) -> dict[str, Any]:
    """Returns the settings with which OpenVINO compiles."""
    return {
        # Its default is bfloat16 where the processor knows it: slower on many, and less exact on all.
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": threads,
        "CPU_RUNTIME_CACHE_CAPACITY": CACHED_KERNELS,
    }


def head_graph(num_classes: int, resized: bool, mask: bool) -> ov.Model:
    """Returns a graph that resizes probabilities, (N, C, h, w) float32, turns them into a mask, or both.

    With ``resized`` there is a second input, ``size``, (2,) int64: bilinear, corners aligned, to that height and width.
    With ``mask`` the output is (N, H, W) uint8, the first class of the highest probability.
    """
    inputs = [operations.parameter(ov.PartialShape([-1, num_classes, -1, -1]), np.float32, name=PROBABILITIES)]
    x = inputs[0].output(0)
    if resized:
        inputs.append(operations.parameter(ov.PartialShape([2]), np.int64, name=SIZE))
        x = operations.interpolate(
            x,
            inputs[1],
            "linear_onnx",
            "sizes",
            coordinate_transformation_mode="align_corners",
            axes=np.array(SIDES, np.int64),
        ).output(0)
    if mask:
        # stable: of equal probabilities the first
        best = operations.topk(x, np.int32(1), CLASSES, "max", "index", index_element_type="i32", stable=True).output(1)
        x = operations.convert(operations.squeeze(best, np.array([CLASSES], np.int64)), "u8").output(0)
    for parameter in inputs:
        parameter.output(0).get_tensor().set_names({parameter.get_friendly_name()})
    return ov.Model([x], inputs)


def check(model: ov.Model, num_classes: int) -> None:
    """Raises ModelError if a model is not a graph as :mod:`semseg.engines.onnx.network` builds it."""
    inputs = {name for port in model.inputs for name in port.get_names()}
    outputs = {name for port in model.outputs for name in port.get_names()}
    if inputs != {IMAGES} or PROBABILITIES not in outputs:
        raise ModelError(
            f"An exported network must have the input {IMAGES} and the output {PROBABILITIES}, "
            f"got {_listed(inputs)} and {_listed(outputs)}"
        )
    images = model.input(IMAGES)
    shape, kind = images.get_partial_shape(), images.get_element_type()
    if kind != ov.Type.u8 or not shape.compatible(ov.PartialShape([-1, -1, -1, 3])):
        raise ModelError(
            f"The input {IMAGES} of an exported network must be (N, H, W, 3) uint8, got {shape} {kind.get_type_name()}"
        )
    shape = model.output(PROBABILITIES).get_partial_shape()
    if not shape.compatible(ov.PartialShape([-1, num_classes, -1, -1])):
        raise ModelError(
            f"The exported network gives {shape} where hyperparams.json says that there are {num_classes} classes"
        )


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
