"""The command that tries learning rates, with each engine."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from semseg.contract.job_directory import JobDirectory
from tests.container.test_train import lay_out
from tests.endtoend import ROOT, SECONDS, python


def find_rate(directory: JobDirectory) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        python("-m", "semseg.container.find_rate"),
        cwd=ROOT,
        env={**os.environ, "SAGEMAKER_BASE_DIR": str(directory.root)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("pytorch", marks=[pytest.mark.pytorch, pytest.mark.slow]),
        pytest.param("mxnet", marks=[pytest.mark.engine, pytest.mark.slow]),
    ],
)
def test_rates_are_tried_until_the_loss_is_lost_or_the_highest_is_reached(tmp_path: Path, engine: str) -> None:
    directory = lay_out(tmp_path, {"engine": engine})
    done = find_rate(directory)
    assert done.returncode == 0, done.stdout
    curve = json.loads(directory.learning_rates.read_text())
    assert curve["rates"][0] == 1e-5
    assert curve["rates"][:5] == sorted(curve["rates"][:5])
    assert len(curve["losses"]) == len(curve["rates"]) > 5
    assert (tmp_path / "progress.json").exists()
    assert not directory.model.exists()


def test_bad_input_is_refused_before_an_engine_is_started(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"num_classes": 2})  # and the masks hold a third
    done = find_rate(directory)
    assert done.returncode == 1
    failure = json.loads(directory.failure.read_text())
    assert failure["error"] == "ChannelError"
    assert "num_classes" in failure["message"]
    assert "Number of GPUs" not in done.stdout
