"""Scores and masks by an endpoint, of this machine; its server is the small one of tests/local/fake_serve.py."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import semseg
from semseg.errors import UserError
from semseg.local import LocalSession
from semseg.model import Model
from semseg.predictor import Predictor
from tests.bulk.test_scoring import FILES, write_pair
from tests.command_line.program import COMMAND, environment
from tests.local.fakes import model_at, session_at


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Predictor]:
    """An endpoint with 2 classes, which tells red pixels from others."""
    folder = tmp_path_factory.mktemp("endpoint")
    session = session_at(folder / "home")
    model = Model(model_data=model_at(folder), sagemaker_session=session, env={"FAKE_SERVE": "segments"})
    predictor = model.deploy(1, "local", endpoint_name="red")
    yield predictor
    predictor.delete_endpoint()


@pytest.fixture
def session(endpoint: Predictor) -> LocalSession:
    assert isinstance(endpoint.sagemaker_session, LocalSession)
    return endpoint.sagemaker_session


def test_an_endpoint_is_scored_as_it_runs(session: LocalSession, tmp_path: Path) -> None:
    write_pair(tmp_path, "a", red_columns=4, true_columns=4)
    write_pair(tmp_path, "b", red_columns=4, true_columns=6)
    found = semseg.evaluate("red", tmp_path, tmp_path / "out", sagemaker_session=session)
    assert found.evaluation.matrix.counts.tolist() == [[32, 0], [8, 32]]
    assert found.path == tmp_path / "out"
    assert sorted(path.name for path in found.path.iterdir()) == FILES
    assert found.report.read_text().startswith("<!doctype html>")
    assert str(found).startswith("Scores of 2 whole pictures\n")
    assert found.evaluation.test_time_augmentation == "none"
    assert found.evaluation.mean_boundary_iou is not None
    assert found.evaluation.calibration_error is None
    assert list(session.home.evaluations.iterdir()) == []


def test_without_a_folder_the_files_are_kept_in_the_home(session: LocalSession, tmp_path: Path) -> None:
    write_pair(tmp_path, "a", red_columns=4, true_columns=4)
    channels = {name: tmp_path / name for name in ("validation", "validation_annotation")}
    found = semseg.evaluate(Predictor("red", session), channels, sagemaker_session=session)
    assert found.path.parent == session.home.evaluations
    assert found.evaluation.mean_iou == 1


def test_an_endpoint_predicts_pictures_and_probabilities(endpoint: Predictor, tmp_path: Path) -> None:
    write_pair(tmp_path, "a", red_columns=4, true_columns=4)
    (tmp_path / "validation" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    session = endpoint.sagemaker_session
    found = semseg.predict(
        endpoint, tmp_path / "validation", tmp_path / "out", overlay=True, probabilities=True, sagemaker_session=session
    )
    assert found.pictures == 1
    assert [each.reason for each in found.left_out] == ["the image is damaged"]
    assert np.array(Image.open(tmp_path / "out" / "masks" / "a.png")).tolist() == [[1] * 4 + [0] * 6] * 4
    assert np.load(tmp_path / "out" / "probabilities" / "a.npy")[1].tolist() == [[1] * 4 + [0] * 6] * 4
    assert (tmp_path / "out" / "overlays" / "a.jpg").is_file()


def test_the_command_line_reads_a_picture_from_stdin(session: LocalSession, tmp_path: Path) -> None:
    write_pair(tmp_path, "a", red_columns=4, true_columns=4)
    command = [*COMMAND, "predict", "red", "-", "-o", str(tmp_path / "out")]
    with (tmp_path / "validation" / "a.png").open("rb") as picture:
        done = subprocess.run(
            command, stdin=picture, capture_output=True, text=True, env=environment(session.home.root), check=False
        )
    assert (done.returncode, done.stdout) == (0, f"1 mask in {tmp_path}/out/masks\n"), done.stderr
    assert np.array(Image.open(tmp_path / "out" / "masks" / "picture.png")).tolist() == [[1] * 4 + [0] * 6] * 4


def test_the_bytes_of_no_picture_are_left_out_by_a_name(session: LocalSession, tmp_path: Path) -> None:
    found = semseg.predict("red", b"text", tmp_path / "out", sagemaker_session=session)
    assert [each.name for each in found.left_out] == ["picture"]


def test_what_has_no_meaning_for_an_endpoint_is_refused(session: LocalSession, tmp_path: Path) -> None:
    write_pair(tmp_path, "a", red_columns=4, true_columns=4)
    with pytest.raises(UserError, match="precision must be left out for an endpoint, which runs already, got 'int8'"):
        semseg.evaluate("red", tmp_path, precision="int8", sagemaker_session=session)
    with pytest.raises(UserError, match="test_time_augmentation must be left out for an endpoint"):
        semseg.evaluate("red", tmp_path, test_time_augmentation="flip", sagemaker_session=session)
