"""A model that either engine trained has the same masks whichever engine serves it: all algorithms, several sizes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.model_artifact import BEST
from semseg.archive.mxnet_parameters import write_parameters
from semseg.container.job import write_hyperparams
from semseg.container.loading import load_segmenter
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.engines.engine import Engine
from tests.engines.onnx.random_parameters import GLUON_WIDTH, random_parameters

pytestmark = [pytest.mark.engine, pytest.mark.pytorch, pytest.mark.slow]

CLASSES = 5
SIZES = ((31, 47), (64, 64), (200, 150), (90, 333))  # (height, width): base_size is 96
SERVERS = ("mxnet", "pytorch", "openvino")


def gluon_engine(hyperparameters: Hyperparameters) -> Engine:
    import mxnet as mx

    from semseg.engines.gluon.engine import GluonEngine

    return GluonEngine(hyperparameters, [mx.cpu()])


def pytorch_engine(hyperparameters: Hyperparameters) -> Engine:
    import torch

    from semseg.engines.pytorch.engine import PyTorchEngine

    return PyTorchEngine(hyperparameters, torch.device("cpu"))


TRAINERS = {"mxnet": gluon_engine, "pytorch": pytorch_engine}


def picture(height: int, width: int) -> np.ndarray:
    """Squares of random colours, 16 pixels wide."""
    colours = np.random.default_rng(height).integers(0, 256, (height // 16 + 1, width // 16 + 1, 3)).astype(np.uint8)
    return colours.repeat(16, axis=0).repeat(16, axis=1)[:height, :width]


@pytest.fixture(params=TRAINERS)
def trainer(request: pytest.FixtureRequest) -> Callable[[Hyperparameters], Engine]:
    return TRAINERS[request.param]


@pytest.fixture(params=["fcn", "psp", "deeplab"])
def model(
    request: pytest.FixtureRequest, trainer: Callable[[Hyperparameters], Engine], tmp_path: Path
) -> Iterator[JobDirectory]:
    """What an engine left after two steps from random parameters that tell classes apart."""
    strings = {"num_classes": str(CLASSES), "num_training_samples": "4", "mini_batch_size": "2", "base_size": "96"}
    hyperparameters = Hyperparameters.from_strings(
        {**strings, "algorithm": request.param, "use_pretrained_model": "False"}
    )
    engine = trainer(hyperparameters)
    values = random_parameters(request.param, num_classes=CLASSES, width=GLUON_WIDTH, aux=True)
    write_parameters(tmp_path / "start.params", values)
    engine.load(tmp_path / "start.params")
    for step in range(2):
        rng = np.random.default_rng(step)
        masks = rng.integers(0, CLASSES, (2, 24, 24)).astype(np.uint8)
        engine.step(rng.integers(0, 256, (2, 24, 24, 3)).astype(np.uint8), masks, 0.0001)
    directory = JobDirectory(tmp_path)
    write_hyperparams(directory, hyperparameters)
    engine.save(directory.model / BEST)
    yield directory
    (directory.model / BEST).unlink()


def test_the_masks_are_the_same_whichever_engine_serves(model: JobDirectory) -> None:
    images = [picture(height, width) for height, width in SIZES]
    settings = {"SEMSEG_CACHE_DIR": str(model.root / "cache"), "SEMSEG_PRECISION": "fp32"}
    segmenters = [load_segmenter(model, {**settings, "SEMSEG_ENGINE": engine}) for engine in SERVERS]
    classes = set()
    for image in images:
        ours, *others = (segmenter.mask(image) for segmenter in segmenters)
        assert ours.shape == image.shape[:2]
        assert min(float(np.mean(ours == other)) for other in others) > 0.999
        classes.update(np.unique(ours))
    assert len(classes) > 1
