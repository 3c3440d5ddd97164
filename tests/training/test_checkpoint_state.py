"""What a checkpoint says of itself, and what is made of one that says nonsense."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from semseg.contract.hyperparameters import Hyperparameters
from semseg.training.checkpoint_state import CheckpointProgress, kept_batch_size
from semseg.training.checkpoints import Checkpoints
from semseg.training.job_log import JobLog
from tests.engines.nearest_mean import NearestMean


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The ``state.json`` of the only checkpoint in its folder's parent, of batches of 3."""
    given = Hyperparameters.from_strings({"num_classes": "2", "num_training_samples": "8", "mini_batch_size": "3"})
    checkpoints = Checkpoints(tmp_path, given, JobLog(io.StringIO()))
    (tmp_path / "best").write_bytes(b"")
    checkpoints.save(NearestMean(2), tmp_path / "best", CheckpointProgress(1, 2, 0.5, 0.5, 0))
    checkpoints.finish()
    return tmp_path / "epoch-0001" / "state.json"


def test_a_job_that_goes_on_finds_its_batch_size(state: Path) -> None:
    assert kept_batch_size(state.parent.parent) == 3


@pytest.mark.parametrize("hyperparameters", [{}, {"mini_batch_size": "many"}, {"mini_batch_size": None}])
def test_a_checkpoint_without_a_batch_size_tells_none(state: Path, hyperparameters: dict[str, Any]) -> None:
    state.write_text(json.dumps({**json.loads(state.read_text()), "hyperparameters": hyperparameters}))
    assert kept_batch_size(state.parent.parent) is None


def test_where_there_is_no_folder_there_is_no_batch_size(tmp_path: Path) -> None:
    assert kept_batch_size(tmp_path / "nowhere") is None
