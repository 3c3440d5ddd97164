"""Each of the six networks, served: whatever the size of a picture, its mask has the same."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import semseg
from semseg.archive.model_artifact import BEST, LAST, pack
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.deserializers import ProbabilityDeserializer
from tests.endtoend import SECONDS, home_at
from tests.six_networks import SIX

pytestmark = [pytest.mark.engine, pytest.mark.slow]

SIZES = ((31, 47), (480, 360), (1001, 667))  # (width, height): below, beyond and far beyond 0.5 to 1.5 times base_size


@pytest.fixture(params=SIX, ids="-".join, scope="module")
def predictor(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[semseg.Predictor]:
    algorithm, backbone = request.param
    with home_at(tmp_path_factory.mktemp(algorithm)) as place:
        archive = trained_archive(algorithm, backbone, place)
        predictor = semseg.Model(model_data=archive).deploy(1, "local", container_startup_health_check_timeout=SECONDS)
        yield predictor
        predictor.delete_endpoint()


def trained_archive(algorithm: str, backbone: str, place: Path) -> Path:
    """An archive after two steps on random pictures."""
    import mxnet as mx

    from semseg.container.job import write_hyperparams
    from semseg.engines.gluon.engine import GluonEngine

    strings = {"num_classes": "5", "num_training_samples": "2", "use_pretrained_model": "False", "_aux_loss": "False"}
    hyperparameters = Hyperparameters.from_strings(
        {**strings, "algorithm": algorithm, "backbone": backbone, "base_size": "128", "mini_batch_size": "2"}
    )
    engine = GluonEngine(hyperparameters, [mx.cpu()])
    rng = np.random.default_rng(0)
    for _ in range(2):
        images = rng.integers(0, 256, (2, 24, 24, 3)).astype(np.uint8)
        engine.step(images, rng.integers(0, 5, (2, 24, 24)).astype(np.uint8), 0.001)
    directory = JobDirectory(place)
    write_hyperparams(directory, hyperparameters)
    engine.save(directory.model / BEST)
    os.link(directory.model / BEST, directory.model / LAST)
    pack(directory.model, place / "model.tar.gz")
    return place / "model.tar.gz"


def test_masks_have_exactly_the_size_of_their_pictures(predictor: semseg.Predictor) -> None:
    for width, height in SIZES:
        image = np.random.default_rng(width).integers(0, 256, (height, width, 3)).astype(np.uint8)
        mask = predictor.predict(image)
        assert (mask.shape, mask.dtype) == ((height, width), np.uint8)
        assert mask.max() < 5


def test_the_probabilities_of_the_smallest_have_its_size_and_its_mask(predictor: semseg.Predictor) -> None:
    width, height = SIZES[0]
    image = np.random.default_rng(width).integers(0, 256, (height, width, 3)).astype(np.uint8)
    probabilities = semseg.Predictor(
        predictor.endpoint_name, serializer=predictor.serializer, deserializer=ProbabilityDeserializer()
    ).predict(image)
    assert (probabilities.shape, probabilities.dtype) == ((5, height, width), np.float32)
    np.testing.assert_allclose(probabilities.sum(axis=0), 1, rtol=1e-5)
    assert np.array_equal(probabilities.argmax(axis=0), predictor.predict(image))
