"""The exporting command on a network that was trained, and the same at the end of the training job itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from semseg.archive import exported_files
from semseg.archive.export_report import ExportReport
from semseg.archive.mxnet_parameters import write_parameters
from semseg.container.export import form_of
from semseg.container.loading import load_segmenter
from semseg.contract.exported_forms import FORMS
from semseg.contract.job_directory import JobDirectory
from semseg.data.pictures.image_files import read_image
from semseg.errors import UserError
from tests.container.test_train import MODEL_FILES, failure_of, lay_out, start
from tests.endtoend import ROOT, SECONDS, python
from tests.engines.onnx.random_parameters import GLUON_WIDTH, random_parameters

INT8_FILES = ["export.json", "model_int8.bin", "model_int8.xml"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JobDirectory, str]]:
    """A job that was to end with an INT8 form, and its log."""
    root = tmp_path_factory.mktemp("ml")
    directory = lay_out(root, {"export": "openvino-int8", "epochs": 1})
    with start(directory, root / "log.txt") as process:
        assert process.wait(SECONDS) == 0, (root / "log.txt").read_text()
    yield directory, (root / "log.txt").read_text()
    shutil.rmtree(root)


def export(
    directory: JobDirectory, *arguments: str, command: tuple[str, ...] = ("-m", "semseg.container.export")
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        python(*command, *arguments),
        cwd=ROOT,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(directory.root)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def failure(directory: JobDirectory) -> dict[str, str]:
    return json.loads(directory.failure.read_text())


def report_of(directory: JobDirectory, form: str) -> ExportReport:
    return ExportReport.from_json(exported_files.read_reports(directory.model)[form])


@pytest.mark.slow
@pytest.mark.engine
def test_a_job_ends_with_the_form_that_it_was_asked_for(trained: tuple[JobDirectory, str]) -> None:
    directory, log = trained
    names = {path.name for path in directory.model.iterdir()}
    assert names >= {*MODEL_FILES, *INT8_FILES}
    assert not any(name.startswith(".") for name in names)
    report = report_of(directory, "openvino-int8")
    assert (report.reference, report.pictures, report.calibration_pictures) == ("Gluon", 3, 4)
    assert report.mean_iou_fp32 is not None
    assert report.mean_iou_int8 is not None
    assert report.mean_iou_fp32 - report.mean_iou_int8 <= 0.005
    assert str(report) in log
    exported_files.check(directory.model)


@pytest.mark.slow
@pytest.mark.engine
def test_the_form_is_served_without_the_parameters_that_it_was_made_of(
    trained: tuple[JobDirectory, str], tmp_path: Path
) -> None:
    directory, _ = trained
    served = JobDirectory(tmp_path)
    served.model.mkdir()
    for name in ("hyperparams.json", *INT8_FILES):
        (served.model / name).symlink_to(directory.model / name)
    picture = read_image(next(directory.channel("validation").iterdir()))
    mask = load_segmenter(served, {"SEMSEG_CACHE_DIR": str(tmp_path / "cache")}).mask(picture)
    assert mask.shape == picture.shape[:2]
    wanted = load_segmenter(directory, {"SEMSEG_ENGINE": "mxnet"}).mask(picture)
    assert np.count_nonzero(mask == wanted) > 0.9 * mask.size


@pytest.mark.slow
@pytest.mark.engine
def test_a_plain_form_answers_as_gluon_does(trained: tuple[JobDirectory, str]) -> None:
    directory, _ = trained
    done = export(directory, "onnx", "fp32")
    assert done.returncode == 0, done.stdout + done.stderr
    report = report_of(directory, "onnx-fp32")
    assert (report.reference, report.pictures) == ("Gluon", 3)
    assert report.largest_difference is not None
    assert report.largest_difference < 1e-4
    assert report.equal_pixels == pytest.approx(1, abs=1e-3)
    assert "openvino-int8" in exported_files.read_reports(directory.model)  # the other form stays
    exported_files.check(directory.model)


def export_without(directory: JobDirectory, *packages: str, width: int = 4) -> subprocess.CompletedProcess[str]:
    """Exports a small network to OpenVINO where these packages cannot be found."""
    directory.model.mkdir()
    (directory.model / "hyperparams.json").write_text('{"num_classes": 5}')
    write_parameters(directory.model / "model_best.params", random_parameters("fcn", width=width))
    hidden = f"import sys; sys.modules.update(dict.fromkeys({packages}))"
    code = f"{hidden}; from semseg.container.export import main; sys.exit(main())"
    done = export(directory, "openvino", "fp32", command=("-c", code))
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_without_an_engine_that_trains_fp32_is_exported_and_not_compared(tmp_path: Path) -> None:
    directory = lay_out(tmp_path)
    done = export_without(directory, "mxnet", "torch", "nncf")
    report = report_of(directory, "openvino-fp32")
    assert (report.reference, report.pictures, report.equal_pixels) == ("", 0, None)
    assert done.stdout.endswith("openvino-fp32: not compared, for there is no engine here that trains\n")
    exported_files.check(directory.model)


@pytest.mark.slow
@pytest.mark.pytorch
def test_without_mxnet_a_form_is_compared_with_the_network_on_pytorch(tmp_path: Path) -> None:
    directory = lay_out(tmp_path)
    export_without(directory, "mxnet", width=GLUON_WIDTH)
    report = report_of(directory, "openvino-fp32")
    assert (report.reference, report.pictures) == ("PyTorch", 3)
    assert report.largest_difference is not None
    assert report.largest_difference < 1e-4
    assert "torch" in report.versions


def test_int8_is_refused_where_there_is_no_validation_channel(tmp_path: Path) -> None:
    directory = lay_out(tmp_path)
    shutil.rmtree(directory.channel("validation_annotation"))
    directory.model.mkdir()
    assert export(directory, "openvino", "int8").returncode == 1
    assert failure(directory)["error"] == "UserError"
    assert failure(directory)["message"].startswith("int8 must pass the accuracy gate, which needs the channels val")


def test_a_picture_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    directory = lay_out(tmp_path)
    directory.model.mkdir()
    (directory.model / "hyperparams.json").write_text('{"num_classes": 3}')
    (directory.channel("validation") / "square_0.jpg").write_bytes(b"no picture")
    assert export(directory, "openvino", "int8").returncode == 1
    assert failure(directory)["error"] == "ChannelError"
    assert "square_0.jpg" in failure(directory)["message"]


def test_a_form_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    directory = lay_out(tmp_path)
    assert export(directory, "tensorrt", "int8").returncode == 1
    assert failure(directory) == {
        "error": "UserError",
        "message": "format must be onnx or openvino, got 'tensorrt'",
    }


def test_the_third_word_of_a_form_is_light_or_is_not_there() -> None:
    assert str(form_of("openvino", "int8", "light")) == "openvino-int8-light"
    assert str(form_of("openvino", "int8")) == "openvino-int8"
    with pytest.raises(UserError, match=r"^the third word of a form must be light, got 'lite'$"):
        form_of("openvino", "int8", "lite")


def test_a_training_job_with_a_form_that_does_not_exist_is_refused_at_once(tmp_path: Path) -> None:
    rule = f"one of {', '.join(map(str, FORMS))}, or empty"
    directory = lay_out(tmp_path, {"export": "tensorrt"})
    (directory.root / "model").mkdir()
    assert failure_of(directory) == f"export must be {rule}, got 'tensorrt'"
