"""INT8 of a network of two small convolutions, in both formats."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from semseg.engines.openvino.opening import open_network
from semseg.engines.openvino.quantization import convert, pattern, quantize_onnx, quantize_openvino, save
from tests.full_disk import fill, small_disk

CLASSES = 3
HIDDEN = 16
SIZE = (24, 32)


class Stopped(Exception):
    """What a caller raises to end the work."""


def constant(name: str, value: np.ndarray) -> onnx.TensorProto:
    return numpy_helper.from_array(value.astype(np.float32), name)


def small_graph() -> onnx.ModelProto:
    """As the networks are: pictures in, probabilities out, with convolutions called ``layer1.0.conv1`` and
    ``head.block.4``."""
    rng = np.random.default_rng(7)
    weights = [
        constant("w1", rng.normal(0, 0.02, (HIDDEN, 3, 3, 3))),
        constant("b1", rng.normal(0, 0.1, HIDDEN)),
        constant("w2", rng.normal(0, 0.05, (CLASSES, HIDDEN, 1, 1))),
        constant("b2", np.zeros(CLASSES)),
    ]
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "w1", "b1"], ["x"], name="layer1.0.conv1", pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["x"], ["y"], name="relu"),
        helper.make_node("Conv", ["y", "w2", "b2"], ["scores"], name="head.block.4"),
        helper.make_node("Softmax", ["scores"], ["probabilities"], name="probabilities", axis=1),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", "h", "w", 3])
    probabilities = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", CLASSES, "h", "w"])
    graph = helper.make_graph(nodes, "small", [images], [probabilities], weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return small_graph()


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(8)
    return [rng.integers(0, 256, (*SIZE, 3)).astype(np.uint8) for _ in range(4)]


@pytest.fixture(scope="module")
def plain(graph: onnx.ModelProto, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("plain") / "graph.onnx"
    onnx.save(graph, path)
    return path


def answer(path: Path, picture: np.ndarray) -> np.ndarray:
    return open_network(path, CLASSES, 1).probabilities(picture[np.newaxis], SIZE)


def layers_in_int8(model: Any) -> set[str]:
    """The convolutions of an OpenVINO model whose weights are rounded: bytes with a type cast after them."""
    found = set()
    for operation in model.get_ordered_ops():
        if operation.get_type_name() == "Convolution":
            weights = operation.input_value(1).get_node()
            while weights.get_type_name() not in ("Constant", "Convert"):
                weights = weights.input_value(0).get_node()
            if weights.get_type_name() == "Convert":
                found.add(operation.get_friendly_name().split("/")[0])
    return found


def test_the_int8_form_of_openvino_answers_nearly_as_the_graph(
    plain: Path, pictures: list[np.ndarray], tmp_path: Path
) -> None:
    model = quantize_openvino(plain, pictures, [], lambda: None)
    assert layers_in_int8(model) == {"layer1.0.conv1", "head.block.4"}
    save(model, tmp_path / "model_int8.xml")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model_int8.bin", "model_int8.xml"]
    difference = np.abs(answer(tmp_path / "model_int8.xml", pictures[0]) - answer(plain, pictures[0]))
    assert 0 < difference.max() < 0.05


def test_spared_layers_keep_their_weights(plain: Path, pictures: list[np.ndarray]) -> None:
    model = quantize_openvino(plain, pictures, ["head.block.4"], lambda: None)
    assert layers_in_int8(model) == {"layer1.0.conv1"}


def test_the_int8_form_of_onnx_is_read_by_onnx_runtime_and_by_openvino(
    graph: onnx.ModelProto, plain: Path, pictures: list[np.ndarray], tmp_path: Path
) -> None:
    onnx.save(quantize_onnx(graph, pictures, ["head"], lambda: None), tmp_path / "model_int8.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model_int8.onnx", providers=["CPUExecutionProvider"])
    (by_onnx_runtime,) = session.run(["probabilities"], {"images": pictures[0][np.newaxis]})
    by_openvino, wanted = answer(tmp_path / "model_int8.onnx", pictures[0]), answer(plain, pictures[0])
    assert 0 < np.abs(by_onnx_runtime - wanted).max() < 0.05
    assert 0 < np.abs(by_openvino - wanted).max() < 0.05


def test_an_openvino_model_in_float32_answers_as_its_graph(
    plain: Path, pictures: list[np.ndarray], tmp_path: Path
) -> None:
    convert(plain, tmp_path / "model.xml")
    assert np.array_equal(answer(tmp_path / "model.xml", pictures[0]), answer(plain, pictures[0]))


def test_the_work_can_be_ended_at_any_picture(plain: Path, pictures: list[np.ndarray]) -> None:
    seen = []

    def stop() -> None:
        seen.append(1)
        if len(seen) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        quantize_openvino(plain, pictures, [], stop)
    assert len(seen) == 2


def test_nothing_is_printed(plain: Path, pictures: list[np.ndarray], capfd: pytest.CaptureFixture[str]) -> None:
    quantize_openvino(plain, pictures, [], lambda: None)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("name", "matches"),
    [
        ("head.block.4", True),
        ("head.block.4/WithoutBiases", True),
        ("head.block.4/fq_output_0", True),
        ("head.block.40", False),
        ("head.block.0", False),
        ("other.head.block.4", False),
    ],
)
def test_a_layer_is_found_under_the_name_that_openvino_gives_it(name: str, matches: bool) -> None:
    assert bool(re.search(pattern("head.block.4"), name)) == matches


def test_a_stage_is_all_layers_below_it() -> None:
    names = ["layer1.0.conv1", "layer1.2.conv3/WithoutBiases", "layer10.0.conv1", "layer2.0.conv1"]
    assert [bool(re.search(pattern("layer1"), name)) for name in names] == [True, True, False, False]


@pytest.mark.parametrize("pages", [0, 1, 2])  # without room for the weights, and for them alone
def test_a_full_disk_is_told_as_such(graph: onnx.ModelProto, tmp_path: Path, pages: int) -> None:
    onnx.save(graph, tmp_path / "graph.onnx")
    with small_disk(tmp_path / "disk", 64 * 1024) as disk:
        filling = fill(disk)
        with filling.open("r+b") as file:
            file.truncate(64 * 1024 - 4096 * pages)
        with pytest.raises(OSError, match="No space left on device"):
            convert(tmp_path / "graph.onnx", disk / "model.xml")
