"""What the convolutions of a graph see: the moments of their inputs and outputs on pictures, by ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from semseg.engines.onnx.builder import FLOAT
from semseg.engines.onnx.factors import Factoring, Moments, reduced_inputs, reduced_outputs, reduced_sides
from semseg.engines.onnx.onnx_network import INTEGER, PROVIDERS
from semseg.engines.onnx.ports import IMAGES

MOST_PLACES = 1024  # of a picture that count, in each array: those on a grid, as far apart as need be
ENOUGH_PLACES = 20_480  # of the smallest arrays, on all pictures together: no further picture is measured
STRIDE, ENDS = "stride", np.array([np.iinfo(np.int64).max] * 2)
FEATURE_STRIDE = 8  # pixels of a side for one place of the encoder's features
Seen = Callable[[], None]  # called for each picture; what it raises ends the work


@dataclass
class Sides:
    """What was measured of one array: its moments, where they are asked for, and its places on all pictures."""

    moments: Moments | None
    places: int = 0


def factorings(
    graph: onnx.ModelProto, pictures: Iterable[np.ndarray], threads: int, seen: Seen
) -> dict[str, Factoring]:
    """Returns what is known of each convolution, by its name, after the pictures were answered.

    Args:
        graph: as :func:`semseg.engines.onnx.network.build_graph` makes it.
        pictures: (H, W, 3) uint8, RGB, at their working sizes.
        threads: how many compute.
    """
    weights = {each.name: each for each in graph.graph.initializer}
    convolutions = [node for node in graph.graph.node if node.op_type == "Conv"]
    kernels = {node.name: numpy_helper.to_array(weights[node.input[1]]) for node in convolutions}
    arrays: dict[str, Sides] = {}
    for node in convolutions:
        kernel = kernels[node.name]
        for name, channels, reduced in zip((node.input[0], node.output[0]), kernel.shape[1::-1], reduced_sides(kernel)):
            array = arrays.setdefault(name, Sides(None))
            if reduced and array.moments is None:
                array.moments = Moments(channels)
    measured = _measure(graph, arrays, pictures, threads, seen)
    return {
        node.name: _factoring(
            kernels[node.name],
            numpy_helper.to_array(weights[node.input[2]]),
            arrays[node.input[0]],
            arrays[node.output[0]],
            measured,
        )
        for node in convolutions
    }


def _factoring(kernel: np.ndarray, bias: np.ndarray, before: Sides, after: Sides, pictures: int) -> Factoring:
    of_inputs, of_outputs = reduced_sides(kernel)
    inputs = outputs = variance = None
    if of_outputs and after.moments is not None:
        variance = after.moments.variance
        outputs = reduced_outputs(after.moments) if after.moments.are_many else None
    if of_inputs and before.moments is not None and before.moments.are_many:
        inputs = reduced_inputs(kernel, before.moments, variance)
    return Factoring(kernel, bias, inputs, outputs, (before.places / pictures, after.places / pictures))


def _measure(
    graph: onnx.ModelProto, arrays: Mapping[str, Sides], pictures: Iterable[np.ndarray], threads: int, seen: Seen
) -> int:
    """Adds what the arrays hold on the pictures, and returns how many pictures that were."""
    session = _session(graph, arrays, threads)
    places = count = 0
    names = [port.name for port in session.get_outputs()]
    for picture in pictures:
        seen()
        stride = grid_stride(picture.shape[0] // FEATURE_STRIDE, picture.shape[1] // FEATURE_STRIDE)
        answers = session.run(names, {IMAGES: picture[np.newaxis], STRIDE: np.array([stride] * 2, np.int64)})
        for name, answer in zip(names, answers):
            kind, _, array = name.partition(":")
            if kind == "size":
                arrays[array].places += int(np.prod(answer))
            else:
                moments = arrays[array].moments
                assert moments is not None
                moments.add(answer[0].reshape(answer.shape[1], -1))
        count += 1
        places += (picture.shape[0] // FEATURE_STRIDE // stride) * (picture.shape[1] // FEATURE_STRIDE // stride)
        if places >= ENOUGH_PLACES:
            break
    return count


def _session(graph: onnx.ModelProto, arrays: Mapping[str, Sides], threads: int) -> onnxruntime.InferenceSession:
    """Returns a session that answers with the size of each array, and with the places on a grid of some."""
    watched = onnx.ModelProto()
    watched.CopyFrom(graph)
    del watched.graph.output[:]
    watched.graph.input.append(helper.make_tensor_value_info(STRIDE, INTEGER, [2]))
    for name, value in (("grid.starts", np.zeros(2, np.int64)), ("grid.ends", ENDS), ("grid.axes", np.array([2, 3]))):
        watched.graph.initializer.append(numpy_helper.from_array(value, name))
    for name, array in arrays.items():
        size = f"size:{name}"
        watched.graph.node.append(helper.make_node("Shape", [name], [size], start=2, end=4))
        watched.graph.output.append(helper.make_tensor_value_info(size, INTEGER, [2]))
        if array.moments is not None:
            grid = f"grid:{name}"
            inputs = [name, "grid.starts", "grid.ends", "grid.axes", STRIDE]
            watched.graph.node.append(helper.make_node("Slice", inputs, [grid]))
            watched.graph.output.append(helper.make_tensor_value_info(grid, FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(watched.SerializeToString(), options, providers=PROVIDERS)


def grid_stride(height: int, width: int) -> int:
    """Returns the distance of the places of a grid that has at most MOST_PLACES of them."""
    stride = 1
    while -(-height // stride) * -(-width // stride) > MOST_PLACES:
        stride += 1
    return stride
