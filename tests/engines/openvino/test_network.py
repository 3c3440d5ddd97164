from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import openvino as ov
import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.engines.openvino.network import OpenVinoNetwork, compile_network, head_graph
from semseg.engines.openvino.opening import build, open_network
from semseg.engines.openvino.quantization import quantize_openvino, save
from semseg.errors import ModelError
from tests.engines.onnx.random_parameters import random_parameters

ROOT = Path(__file__).parents[3]
CLASSES = 5


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .xml of a narrow FCN."""
    place = tmp_path_factory.mktemp("fcn")
    write_parameters(place / "a.params", random_parameters("fcn"))
    graph = build(place / "a.params", "fcn", "resnet-50", CLASSES)
    save(graph, place / "model.xml")
    return place / "model.xml"


@pytest.fixture(scope="module")
def int8_model(model: Path) -> Path:
    quantized = quantize_openvino(model, list(pictures(2, 32, 32)), [], lambda: None)
    save(quantized, model.with_name("model_int8.xml"))
    return model.with_name("model_int8.xml")


def pictures(count: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height).integers(0, 256, (count, height, width, 3)).astype(np.uint8)


def head(resized: bool, mask: bool) -> ov.CompiledModel:
    return ov.Core().compile_model(head_graph(3, resized, mask), "CPU")


def test_of_equal_probabilities_the_mask_has_the_first_class() -> None:
    # (1, 3 classes, 1, 4 pixels)
    probabilities = np.array([[[[0.4, 0.2, 0.1, 1 / 3]], [[0.4, 0.4, 0.3, 1 / 3]], [[0.2, 0.4, 0.6, 1 / 3]]]])
    (mask,) = head(resized=False, mask=True)([probabilities.astype(np.float32)]).values()
    assert (mask.tolist(), mask.dtype) == ([[[0, 1, 2, 0]]], np.uint8)


def test_another_size_is_bilinear_with_corners_aligned() -> None:
    probabilities = np.zeros((1, 3, 2, 2), np.float32)
    probabilities[0, 0] = [[0, 2], [4, 8]]
    (resized,) = head(resized=True, mask=False)([probabilities, np.array([3, 3], np.int64)]).values()
    assert resized[0, 0].tolist() == [[0, 1, 2], [2, 3.5, 5], [4, 6, 8]]


@pytest.mark.parametrize("precision", ["fp32", "int8"])
@pytest.mark.parametrize("size", [(40, 56), (71, 33)], ids=["own size", "another size"])
def test_a_batch_is_answered_to_the_bit_as_its_pictures_are_alone(
    model: Path, int8_model: Path, precision: str, size: tuple[int, int]
) -> None:
    network = open_network(model if precision == "fp32" else int8_model, CLASSES, threads=2)
    images = pictures(4, 40, 56)
    alone = [network.probabilities(images[number : number + 1], size)[0] for number in range(4)]
    masks = [network.mask(images[number : number + 1], size)[0] for number in range(4)]
    assert np.array_equal(network.probabilities(images, size), np.stack(alone))
    assert np.array_equal(network.mask(images, size), np.stack(masks))
    assert np.array_equal(np.stack(masks), np.stack(alone).argmax(axis=1))


def test_an_answer_is_the_same_whatever_sizes_were_asked_before(model: Path) -> None:
    network = open_network(model, CLASSES, threads=2)
    image = pictures(1, 40, 56)
    first = network.probabilities(image, (40, 56))
    kept = first.copy()
    for size in ((64, 64), (17, 90), (41, 33)):
        network.mask(pictures(2, *size), size)
    assert np.array_equal(network.probabilities(image, (40, 56)), first)
    assert np.array_equal(first, kept)  # an answer is the caller's own


def test_pictures_that_may_not_be_written_to_or_are_parts_of_others_are_taken(model: Path) -> None:
    network = open_network(model, CLASSES, threads=1)
    whole = pictures(1, 40, 56)
    part = whole[:, ::2, 8:40]
    read_only = np.ascontiguousarray(part)
    read_only.flags.writeable = False
    expected = network.mask(np.ascontiguousarray(part), (20, 32))
    assert np.array_equal(network.mask(part, (20, 32)), expected)
    assert np.array_equal(network.mask(read_only, (20, 32)), expected)


def test_int8_answers_nearly_as_fp32(model: Path, int8_model: Path) -> None:
    images = pictures(1, 40, 56)
    plain, rounded = (open_network(path, CLASSES, threads=2) for path in (model, int8_model))
    difference = plain.probabilities(images, (40, 56)) - rounded.probabilities(images, (40, 56))
    assert 0 < np.abs(difference).max() < 0.5


def test_another_number_of_classes_is_refused(model: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        open_network(model, 6, threads=1)
    assert str(refusal.value) == (
        "The exported network gives [?,5,?,?] where hyperparams.json says that there are 6 classes"
    )


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.xml").write_text("<net>")
    with pytest.raises(ModelError, match=r"^model\.xml must be a model that OpenVINO reads, but: "):
        open_network(tmp_path / "model.xml", CLASSES, threads=1)


def test_a_model_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelError) as refusal:
        compile_network(head_graph(CLASSES, resized=True, mask=True), CLASSES, threads=1)
    assert str(refusal.value).startswith(
        "An exported network must have the input images and the output probabilities, got probabilities, size and "
    )


def test_the_threads_are_those_that_were_asked_for(model: Path) -> None:
    compiled = compile_network(ov.Core().read_model(model), CLASSES, threads=1)
    assert compiled.get_property("INFERENCE_NUM_THREADS") == 1
    assert compiled.get_property("INFERENCE_PRECISION_HINT") == ov.Type.f32
    assert OpenVinoNetwork(compiled, CLASSES, threads=1).threads == 1


def test_neither_openvino_nor_nncf_loads_its_telemetry() -> None:
    code = (
        "import sys, semseg.engines.openvino.quantization, semseg.engines.openvino.opening;"
        "print([name for name, module in sys.modules.items() if 'openvino_telemetry' in name and module])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
