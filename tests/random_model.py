"""A model with random parameters, narrow and quick, for tests of what is done with a model."""

from __future__ import annotations

from pathlib import Path

from semseg.archive.mxnet_parameters import write_parameters
from tests.engines.onnx.random_parameters import random_parameters

CLASSES = 5


def random_model_at(folder: Path) -> Path:
    """The folder of a model that OpenVINO serves: parameters alone, as a job that was stopped leaves them."""
    folder.mkdir(parents=True)
    (folder / "hyperparams.json").write_text(f'{{"num_classes": "{CLASSES}", "base_size": "48", "crop_size": "24"}}')
    write_parameters(folder / "model_best.params", random_parameters("fcn", num_classes=CLASSES))
    return folder
