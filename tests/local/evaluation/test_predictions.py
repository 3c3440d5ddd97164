"""Pictures are predicted in a child process, without a server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

import semseg
from semseg.contract.prediction_request import LeftOut
from semseg.errors import ModelError, PlatformError, UserError
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from tests.endtoend import write_samples
from tests.local.fakes import model_at
from tests.recorder import BarRecorder

# Writes its request into the folder that is to get the files, and says that 2 of 3 pictures have a mask.
TELLS = (
    "import json, os, pathlib\n"
    "root = pathlib.Path(os.environ['SAGEMAKER_BASE_DIR'])\n"
    "request = json.loads((root / 'input' / 'config' / 'prediction.json').read_text())\n"
    "(pathlib.Path(request['wanted']['folder']) / 'told.json').write_text(json.dumps(request))\n"
    "(root / 'progress.json').write_text('[2, 3]')\n"
    "(root / 'output' / 'data').mkdir(parents=True)\n"
    "answer = {'pictures': 2, 'left_out': [{'name': 'broken.png', 'reason': 'is empty'}]}\n"
    "(root / 'output' / 'data' / 'prediction.json').write_text(json.dumps(answer))\n"
)


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    return LocalSession.at(Home(tmp_path / "home"))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    write_samples(tmp_path, "pictures", 2, seed=1)
    return tmp_path / "pictures"


def test_the_answer_of_the_process_is_given_and_the_bar_moves_along(pictures: Path, tmp_path: Path) -> None:
    session = LocalSession.at(Home(tmp_path / "home"), Commands(predict=(sys.executable, "-c", TELLS)))
    session.teller = bar = BarRecorder()
    done = semseg.predict(
        model_at(tmp_path), pictures, tmp_path / "out", True, True, 0.25, 3, sagemaker_session=session
    )
    assert done == semseg.Predicted(tmp_path / "out", 2, (LeftOut("broken.png", "is empty"),))
    assert str(done).splitlines() == [f"2 masks in {tmp_path}/out/masks", "skipped broken.png: is empty"]
    given = [{"name": f"square_{n}", "path": str(pictures / f"square_{n}.jpg")} for n in range(2)]
    told = json.loads((tmp_path / "out" / "told.json").read_text())
    wanted = {"folder": str(tmp_path / "out"), "overlay": True, "probabilities": True, "opacity": 0.25, "every": 3}
    assert told == {"given": given, "wanted": wanted}
    assert bar.moves[-1] == (2, 3)
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
