"""Learning rates are tried in a child process, for the job that an estimator would start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import semseg
from semseg.errors import ChannelError, HyperparameterError, UserError
from semseg.local import LocalSession
from semseg.local.commands import Commands
from semseg.local.jobs.home import Home
from tests.local.fakes import channels_at
from tests.recorder import BarRecorder

# Moves the bar, and tells as losses how many channels it has, and its classes.
TELLS = (
    "import json, os, pathlib\n"
    "root = pathlib.Path(os.environ['SAGEMAKER_BASE_DIR'])\n"
    "config = root / 'input' / 'config'\n"
    "classes = json.loads((config / 'hyperparameters.json').read_text())['num_classes']\n"
    "modes = json.loads((config / 'inputdataconfig.json').read_text())\n"
    "assert {each['TrainingInputMode'] for each in modes.values()} == {'File'}\n"
    "machine = json.loads((config / 'resourceconfig.json').read_text())['current_instance_type']\n"
    "assert (machine, os.environ['COLOUR']) == ('local', 'green')\n"
    "(root / 'progress.json').write_text('[2, 3]')\n"
    "channels = len([path for path in (root / 'input' / 'data').iterdir() if path.is_dir()])\n"
    "curve = {'rates': [0.0001, 0.02], 'losses': [channels, int(classes)]}\n"
    "(root / 'output' / 'data' / 'learning_rates.json').write_text(json.dumps(curve))\n"
)
REFUSES = (
    "import json, os, pathlib\n"
    "failure = pathlib.Path(os.environ['SAGEMAKER_BASE_DIR']) / 'output' / 'failure'\n"
    "failure.write_text(json.dumps({'error': 'ChannelError', 'message': 'channel train must hold a picture'}))\n"
    "raise SystemExit(1)\n"
)


def estimator_of(tmp_path: Path, program: str, **arguments: Any) -> semseg.Estimator:
    session = LocalSession.at(Home(tmp_path / "home"), Commands(find_rate=(sys.executable, "-c", program)))
    settings = {"instance_count": 1, "instance_type": "local", "environment": {"COLOUR": "green"}, **arguments}
    return semseg.Estimator(sagemaker_session=session, hyperparameters={"num_classes": 2}, **settings)


@pytest.mark.parametrize("mode", ["File", "FastFile"])
def test_the_process_gets_the_job_and_its_curve_comes_back(tmp_path: Path, mode: str) -> None:
    estimator = estimator_of(tmp_path, TELLS, input_mode=mode)
    estimator.sagemaker_session.teller = bar = BarRecorder()
    curve = estimator.find_learning_rate(channels_at(tmp_path / "data"))
    assert (curve.rates, curve.losses) == ((0.0001, 0.02), (4, 2))
    assert curve.suggestion == 0.002
    assert bar.moves[-1] == (2, 3)
    home = Home(tmp_path / "home")
    assert list(home.evaluations.iterdir()) == []
    assert not home.jobs.exists() or list(home.jobs.iterdir()) == []


def test_what_a_job_would_refuse_is_refused(tmp_path: Path) -> None:
    estimator = estimator_of(tmp_path, REFUSES)
    with pytest.raises(ChannelError, match=r"^channel train must hold a picture$"):
        estimator.find_learning_rate(channels_at(tmp_path / "data"), progress=False)
    with pytest.raises(ChannelError, match="must name a folder that exists"):
        estimator.find_learning_rate({name: tmp_path / "none" / name for name in channels_at(tmp_path / "data")})
    estimator.set_hyperparameters(lr_scheduler="step")
    with pytest.raises(HyperparameterError, match="lr_scheduler_step must be set"):
        estimator.find_learning_rate(channels_at(tmp_path / "data"))


def test_an_instance_of_sagemaker_is_refused(tmp_path: Path) -> None:
    estimator = estimator_of(tmp_path, TELLS)
    estimator.instance_type = "ml.g5.xlarge"
    rule = "find_learning_rate trains on this machine: instance_type must be local or local_gpu, got 'ml.g5.xlarge'"
    with pytest.raises(UserError, match=rule):
        estimator.find_learning_rate(channels_at(tmp_path / "data"))
