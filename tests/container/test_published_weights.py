"""ImageNet weights are not fetched where a model in channel ``model`` has the encoder."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.container.published_weights import needs_pretrained
from semseg.contract.hyperparameters import Hyperparameters
from semseg.engines.start import OWN_STEM
from semseg.training.job_log import JobLog

OTHER_STEM = {"conv1.weight": (64, 3, 7, 7)}


def is_fetched(earlier: Path | None, log: io.StringIO, **strings: str) -> bool:
    given = Hyperparameters.from_strings({"num_classes": "2", **strings})
    return needs_pretrained(given, earlier, JobLog(log))


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    path = tmp_path / "model_best.params"
    write_parameters(path, {name: np.zeros(shape, np.float32) for name, shape in OWN_STEM.items()})
    return path


def test_the_encoder_of_a_model_takes_the_place_of_weights_that_would_be_fetched(earlier: Path) -> None:
    log = io.StringIO()
    assert not is_fetched(earlier, log)
    assert "The encoder is that of the model in channel model: ImageNet weights are not fetched." in log.getvalue()


def test_weights_are_used_where_there_is_no_model_or_a_file_was_named_or_the_stem_is_another(earlier: Path) -> None:
    log = io.StringIO()
    assert is_fetched(None, log)
    assert is_fetched(earlier, log, pretrained_weights="other.params")  # which may fill the decoder
    write_parameters(earlier, {name: np.zeros(shape, np.float32) for name, shape in OTHER_STEM.items()})
    assert is_fetched(earlier, log)
    assert log.getvalue() == ""
