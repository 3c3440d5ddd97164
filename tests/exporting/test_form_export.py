"""Light forms of a narrow network, made and refused, measured on its own answers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from semseg.archive import exported_files
from semseg.archive.mxnet_parameters import write_parameters
from semseg.contract.exported_forms import Form
from semseg.engines.onnx.network import build_graph
from semseg.engines.onnx.onnx_network import OnnxNetwork
from semseg.engines.openvino.opening import open_network
from semseg.errors import ModelError
from semseg.exporting.form_export import FormExport, Samples
from semseg.exporting.form_files import FormFiles
from tests.engines.onnx.random_parameters import random_parameters

CLASSES, WIDTH, INDEPENDENT = 3, 8, 16
HEIGHT, WIDTH_OF_PICTURE = 72, 96
LIGHT = Form("openvino", "fp32", light=True)


class OwnAnswers:
    """Random pictures, and as masks what the network of the parameters answers."""

    def __init__(self, parameters: Mapping[str, np.ndarray], count: int) -> None:
        graph = build_graph(parameters, "fcn", "resnet-50", CLASSES)
        self.network = OnnxNetwork(graph.SerializeToString(), CLASSES, threads=1)
        self.count = count

    def one_pass(self) -> range:
        return range(self.count)

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        image = np.random.default_rng(place).integers(0, 256, (HEIGHT, WIDTH_OF_PICTURE, 3), np.uint8)
        return image, self.network.mask(image[np.newaxis], (HEIGHT, WIDTH_OF_PICTURE))[0]


def repeated(parameters: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The parameters with all but the first 16 outputs of each layer as copies of these, so that half of the work can
    be saved without a loss.
    """
    kept = ("block.4",)
    return {
        name: value if any(part in name for part in kept) else value[np.arange(len(value)) % INDEPENDENT]
        for name, value in parameters.items()
    }


def export(folder: Path, parameters: Mapping[str, np.ndarray]) -> tuple[FormExport, list[str]]:
    folder.mkdir()
    (folder / "hyperparams.json").write_text(f'{{"num_classes": "{CLASSES}", "base_size": "72", "crop_size": "48"}}')
    write_parameters(folder / "model_best.params", dict(parameters))
    samples, told = OwnAnswers(parameters, 4), list[str]()
    channels = Samples(samples, samples, samples)
    return FormExport(folder, LIGHT, channels, lambda *_: None, told.append, lambda: None), told


def test_a_light_form_is_made_of_the_lightest_network_that_passes(tmp_path: Path) -> None:
    work, told = export(tmp_path / "model", repeated(random_parameters("fcn", num_classes=CLASSES, width=WIDTH)))
    report = work.run()
    assert exported_files.forms_in(work.model_directory) == [LIGHT]
    exported_files.check(work.model_directory)
    assert report.mean_iou_fp32 == 1.0
    assert report.mean_iou_light is not None
    assert report.mean_iou_light >= 0.995
    assert report.operations is not None
    assert report.operations < 0.5
    assert (report.light, report.pictures, report.calibration_pictures) == (True, 4, 4)
    assert report.reference == "the fp32 graph"
    assert str(report) == told[-1]
    whole = OwnAnswers(repeated(random_parameters("fcn", num_classes=CLASSES, width=WIDTH)), 1)
    image, mask = whole.read(9)  # one that it was not measured on
    light = open_network(work.model_directory / "model_light.xml", CLASSES, 1)
    assert np.mean(light.mask(image[np.newaxis], (HEIGHT, WIDTH_OF_PICTURE))[0] == mask) > 0.98


@pytest.mark.slow
def test_a_light_network_is_rounded_to_int8_in_files_of_its_own(tmp_path: Path) -> None:
    parameters = repeated(random_parameters("fcn", num_classes=CLASSES, width=WIDTH))
    work, _ = export(tmp_path / "model", parameters)
    form = Form("openvino", "int8", light=True)
    (tmp_path / "work").mkdir()
    files = FormFiles(work.parameters, work.description, form, tmp_path / "work", lambda: None)
    samples = OwnAnswers(parameters, 4)
    images = [samples.read(place)[0] for place in samples.one_pass()]
    files.measure_layers(images)
    light, operations = files.make_light(0.5)
    int8 = files.quantize(images, ())
    assert operations <= 0.5
    assert [path.name for path in files.paths] == ["model_int8_light.xml", "model_int8_light.bin"]
    size = images[0].shape[0], images[0].shape[1]
    answers = [network.probabilities(images[0][np.newaxis], size) for network in (light, int8)]
    assert 0 < np.abs(answers[0] - answers[1]).mean() < 0.15  # INT8 is hard on random layers


def test_a_network_without_anything_to_save_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    work, _ = export(tmp_path / "model", random_parameters("fcn", num_classes=CLASSES, width=WIDTH))
    before = sorted(path.name for path in work.model_directory.iterdir())
    with pytest.raises(ModelError, match=r"^a light form must lose at most 0\.5 points of mIOU, got 0\.\d+ with \d+ %"):
        work.run()
    assert sorted(path.name for path in work.model_directory.iterdir()) == before
