"""``semseg evaluate`` and ``semseg predict``: models scored, and pictures predicted, without a server."""

from __future__ import annotations

import importlib.util
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.command_line.program import run
from semseg.container.loading import load_segmenter
from semseg.contract.job_directory import JobDirectory
from semseg.data.pictures.image_files import read_image
from semseg.prediction.segmenter import Segmenter
from semseg.results.confusion_matrix import ConfusionMatrix
from tests.command_line.program import SECONDS, semseg, started
from tests.endtoend import write_samples
from tests.random_model import CLASSES, random_model_at

needs_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="needs OpenVINO")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a home, a model, and labelled pictures of the channel validation."""
    folder = tmp_path_factory.mktemp("verbs")
    random_model_at(folder / "served" / "model")
    write_samples(folder / "data", "validation", 3, seed=20)
    return folder


@pytest.fixture(scope="module")
def segmenter(place: Path) -> Segmenter:
    """The model, as an endpoint would answer with it."""
    return load_segmenter(JobDirectory(place / "served"), {"SEMSEG_CACHE_DIR": str(place / "home" / "compiled")})


def pictures_in(place: Path) -> Iterator[Path]:
    return (place / "data" / "validation").iterdir()


@needs_openvino
def test_a_model_is_scored_as_an_endpoint_would_answer(place: Path, segmenter: Segmenter) -> None:
    answers = Segmenter(segmenter.network, segmenter.scale, test_time_augmentation="flip")
    options = ("--tta", "flip", "--json")
    answer = semseg(place / "home", "evaluate", place / "served" / "model", place / "data", *options).json
    counted = ConfusionMatrix(CLASSES)
    for path in pictures_in(place):
        truth = Image.open(place / "data" / "validation_annotation" / f"{path.stem}.png")
        counted.add(np.array(truth), answers.mask(read_image(path)))
    assert answer["Evaluation"]["confusion_matrix"] == counted.counts.tolist()
    assert answer["Evaluation"]["test_time_augmentation"] == "flip"
    assert 0 < answer["Evaluation"]["calibration_error"] < 1
    assert Path(answer["Path"]).parent == place / "home" / "evaluations"
    assert "<h1>model on data/validation</h1>" in Path(answer["Report"]).read_text()
    assert [path.name for path in (place / "home" / "evaluations").iterdir()] == [Path(answer["Path"]).name]


@needs_openvino
def test_what_cannot_be_read_is_told_and_the_others_have_masks(
    place: Path, segmenter: Segmenter, tmp_path: Path
) -> None:
    (tmp_path / "broken.png").write_bytes(b"")
    given = (place / "data" / "validation", tmp_path / "broken.png")
    done = semseg(place / "home", "predict", place / "served" / "model", *given, "-o", tmp_path / "out", code=1)
    assert done.err == f"skipped {tmp_path}/broken.png: is empty (0 bytes): a JPEG or PNG picture is needed\n"
    assert done.out == f"3 masks in {tmp_path}/out/masks\n"
    for path in pictures_in(place):
        mask = np.array(Image.open(tmp_path / "out" / "masks" / f"{path.stem}.png"))
        assert np.array_equal(mask, segmenter.mask(read_image(path)))


@needs_openvino
def test_ctrl_c_ends_the_process_that_predicts(place: Path, tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / "many" / f"{number}.jpg").parent.mkdir(exist_ok=True)
        (tmp_path / "many" / f"{number}.jpg").symlink_to(place / "data" / "validation" / "square_0.jpg")
    home, out = tmp_path / "home", tmp_path / "out"
    with started(home, "predict", place / "served" / "model", tmp_path / "many", "-o", out) as process:
        deadline = time.monotonic() + SECONDS
        while not list(out.rglob("*.png")):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 130
    assert list((home / "evaluations").iterdir()) == []
    written = len(list(out.rglob("*.png")))
    time.sleep(0.3)
    assert len(list(out.rglob("*.png"))) == written < 400


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["evaluate", "model"], "give DATA, or --pictures and --masks"),
        (
            ["evaluate", "model", "data", "--masks", "m"],
            "give DATA, or --pictures, --masks and --label-map, and not both",
        ),
        (["predict", "model", "-", "a.jpg", "-o", "out"], "- is the only picture where it is given"),
        (["predict", "model", "-o", "out"], "Missing argument"),
        (["predict", "model", "a.jpg"], "Missing option '-o'"),
        (["predict", "model", "a.jpg", "-o", "out", "--engine", "tensorflow"], "'tensorflow' is not one of"),
    ],
)
def test_what_is_not_understood_is_said(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert sentence in capsys.readouterr().err


def test_a_model_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["predict", "street-1", str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("semseg: a folder to predict must have a picture or a video in it")
    (tmp_path / "a.jpg").touch()
    assert run(["predict", "street-1", str(tmp_path), "-o", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert told.startswith("semseg: model must be a model.tar.gz, a training job or an endpoint, got 'street-1'")
