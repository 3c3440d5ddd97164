"""Pictures are predicted in a child process, without a server."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import semseg
from semseg.container.loading import load_segmenter
from semseg.contract.job_directory import JobDirectory
from semseg.data.pictures.image_files import read_image
from semseg.errors import ModelError, PlatformError, UserError
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from tests.endtoend import write_samples
from tests.local.fakes import model_at
from tests.random_model import random_model_at
from tests.recorder import BarRecorder

needs_openvino = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason="needs OpenVINO")


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    return LocalSession.at(Home(tmp_path / "home"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    write_samples(tmp_path, "pictures", 2, seed=1)
    return tmp_path / "pictures"


@needs_openvino
def test_the_masks_are_those_that_an_endpoint_would_answer_with(
    session: LocalSession, pictures: Path, tmp_path: Path
) -> None:
    random_model_at(tmp_path / "served" / "model")
    session.teller = bar = BarRecorder()
    (pictures / "broken.png").write_bytes(b"")
    done = semseg.predict(tmp_path / "served" / "model", pictures, tmp_path / "out", sagemaker_session=session)
    assert (done.path, done.pictures) == (tmp_path / "out", 2)
    assert [(each.name, each.reason.split(":")[0]) for each in done.left_out] == [
        (str(pictures / "broken.png"), "is empty (0 bytes)")
    ]
    assert str(done).splitlines()[0] == f"2 masks in {tmp_path}/out/masks"
    segmenter = load_segmenter(JobDirectory(tmp_path / "served"), {"SEMSEG_CACHE_DIR": str(tmp_path / "cache")})
    for number in range(2):
        mask = np.array(Image.open(tmp_path / "out" / "masks" / f"square_{number}.png"))
        assert np.array_equal(mask, segmenter.mask(read_image(pictures / f"square_{number}.jpg")))
    assert bar.moves[-1] == (3, 3)
    assert list(session.home.evaluations.iterdir()) == []


def test_what_cannot_be_is_refused_before_a_process_is_started(
    session: LocalSession, pictures: Path, tmp_path: Path
) -> None:
    model, out = model_at(tmp_path), tmp_path / "out"
    with pytest.raises(UserError, match="opacity must be a number from 0 to 1, got 2"):
        semseg.predict(model, pictures, out, opacity=2, sagemaker_session=session)
    with pytest.raises(UserError, match="every must be a whole number of at least 1, got 0"):
        semseg.predict(model, pictures, out, every=0, sagemaker_session=session)
    with pytest.raises(UserError, match="must be there to predict"):
        semseg.predict(model, tmp_path / "nothing", out, sagemaker_session=session)
    with pytest.raises(UserError, match=r"SEMSEG_ENGINE must be .* got 'tensorflow'"):
        semseg.predict(model, pictures, out, engine="tensorflow", sagemaker_session=session)
    with pytest.raises(ModelError, match=r"model_data must be a model\.tar\.gz that exists"):
        semseg.predict(tmp_path / "none.tar.gz", pictures, out, sagemaker_session=session)
    with pytest.raises(ModelError, match="the model must have an int8 form for it, but it has none"):
        semseg.predict(model, pictures, out, precision="int8", sagemaker_session=session)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="path must be a folder that can be written to"):
        semseg.predict(model, pictures, tmp_path / "file", sagemaker_session=session)
    assert not out.exists() or list(out.iterdir()) == []


def test_a_process_that_ends_without_a_word_is_told_by_its_last_line(pictures: Path, tmp_path: Path) -> None:
    crash = (sys.executable, "-c", "print('out of luck'); raise SystemExit(3)")
    session = LocalSession.at(Home(tmp_path / "home"), Commands(predict=crash))
    with pytest.raises(
        PlatformError, match="the prediction ended with exit code 3; the last line of its log: out of l"
    ):
        semseg.predict(model_at(tmp_path), pictures, tmp_path / "out", sagemaker_session=session)
    assert list(session.home.evaluations.iterdir()) == []
