"""An archive as AWS makes it, of GluonCV's own network and training, goes all the way: trained on, exported, served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import semseg
from tests.endtoend import SECONDS, draw_sample, folder_of, home_at, small_estimator, write_channels
from tests.test_train_then_serve import names_in, pack_by_hand
from tests.trained import archive_of

if TYPE_CHECKING:
    from mxnet import gluon

pytestmark = [pytest.mark.engine, pytest.mark.pytorch, pytest.mark.slow]

CROP = 48
FP32 = {name: {"SEMSEG_ENGINE": name, "SEMSEG_PRECISION": "fp32"} for name in ("mxnet", "pytorch", "openvino")}


def train_with_gluoncv(steps: int) -> gluon.HybridBlock:
    """GluonCV's FCN after so many steps by its own loss and MXNet's trainer, without a line of semseg's engines."""
    from semseg.engines.gluon.runtime import prepare

    prepare()  # imports GluonCV without its warnings
    import mxnet as mx
    from gluoncv.loss import MixSoftmaxCrossEntropyLoss
    from gluoncv.model_zoo import FCN

    mx.random.seed(1)
    network = FCN(3, backbone="resnet50", aux=True, pretrained_base=False, crop_size=CROP)
    network.initialize(mx.init.Xavier(), force_reinit=True)
    loss_of = MixSoftmaxCrossEntropyLoss(aux=True, aux_weight=0.5, ignore_label=255)
    trainer = mx.gluon.Trainer(network.collect_params(), "adam", {"learning_rate": 0.0005})
    for step in range(steps):
        images, masks = zip(*(draw_sample(100 + 4 * step + place, CROP, CROP) for place in range(4)))
        normalised = (np.stack(images) / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
        with mx.autograd.record():
            scores = network(mx.nd.array(normalised.transpose(0, 3, 1, 2)))
            loss = loss_of(*scores, mx.nd.array(np.stack(masks)))
        loss.backward()
        trainer.step(4)
    return network


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with home_at(tmp_path_factory.mktemp("aws")) as place:
        yield place


@contextmanager
def deployed(archive: Path, settings: dict[str, str]) -> Iterator[semseg.Predictor]:
    model = semseg.Model(model_data=archive, env=settings)
    predictor = model.deploy(1, "local", container_startup_health_check_timeout=SECONDS)
    try:
        yield predictor
    finally:
        predictor.delete_endpoint()


def masks_of(archive: Path, settings: dict[str, str], images: list[np.ndarray]) -> list[np.ndarray]:
    """What an endpoint answers to each picture."""
    with deployed(archive, settings) as predictor:
        return [predictor.predict(image) for image in images]


def shares(ours: list[np.ndarray], others: list[np.ndarray]) -> list[float]:
    """The share of equal pixels of each pair of masks."""
    return [float(np.mean(one == other)) for one, other in zip(ours, others)]


@pytest.mark.timeout(900)
def test_it_is_trained_on_with_pytorch_exported_to_int8_and_served(place: Path) -> None:
    earlier = pack_by_hand(train_with_gluoncv(80), place)
    assert "./model_algo-1" in names_in(earlier)
    channels = write_channels(place / "data", train=12, validation=6)
    on_pytorch = {"engine": "pytorch", "epochs": 1, "crop_size": CROP, "learning_rate": 0.0005}
    estimator = small_estimator({**on_pytorch, "num_training_samples": 12}, model_uri=f"file://{earlier}")
    estimator.fit(channels, logs=False)
    log = folder_of(estimator).log.read_text()
    assert ": engine is pytorch\n" in log
    assert "Starting from the model in channel model: model_best.params" in log
    report = estimator.export("openvino", place / "exported.tar.gz", precision="int8", logs=False)
    assert report.equal_pixels is not None
    assert report.equal_pixels > 0.95  # little was learned: the best two classes are often near
    images = [draw_sample(seed, width, height)[0] for seed, width, height in ((1, 48, 48), (2, 61, 40), (3, 37, 90))]
    plain = {name: masks_of(archive_of(estimator), settings, images) for name, settings in FP32.items()}
    assert {int(value) for mask in plain["mxnet"] for value in np.unique(mask)} == {0, 1, 2}
    for name, masks in plain.items():
        assert min(shares(masks, plain["mxnet"])) > 0.999, name
    int8 = masks_of(place / "exported.tar.gz", {"SEMSEG_PRECISION": "int8"}, images)
    assert min(shares(int8, plain["mxnet"])) > 0.8
