from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.engines.normalization import normalize
from tests.six_networks import SIX_IN_FULL_WIDTH

if TYPE_CHECKING:
    from mxnet import gluon

    from semseg.contract.hyperparameters import Hyperparameters

pytestmark = pytest.mark.engine


def random_pictures(count: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), np.uint8)


def hyperparameters(**strings: str) -> Hyperparameters:
    from semseg.contract.hyperparameters import Hyperparameters

    least = {"num_classes": "3", "num_training_samples": "8", "use_pretrained_model": "False", "mini_batch_size": "2"}
    return Hyperparameters.from_strings({**least, **strings})


def gluoncv_class(algorithm: str) -> type[gluon.HybridBlock]:
    from gluoncv.model_zoo import FCN, DeepLabV3, PSPNet

    return {"fcn": FCN, "psp": PSPNet, "deeplab": DeepLabV3}[algorithm]


@pytest.mark.parametrize("network", SIX_IN_FULL_WIDTH)
def test_a_trained_network_gives_equal_scores_in_gluoncvs_own_class(
    network: tuple[str, str], tmp_path: Path, capfd: pytest.CaptureFixture[str], mx: ModuleType
) -> None:
    from semseg.engines.gluon.engine import GluonEngine, load_network

    algorithm, backbone = network
    engine = GluonEngine(hyperparameters(algorithm=algorithm, backbone=backbone, optimizer="sgd"), [mx.cpu()])
    masks = np.random.default_rng(1).integers(0, 3, (2, 48, 48)).astype(np.uint8)
    for seed in (1, 2):
        engine.step(random_pictures(2, 48, 48, seed=seed), masks, 0.001)
    assert np.isfinite(engine.take_loss())
    engine.save(tmp_path / "model_best.params")
    assert capfd.readouterr().out == ""

    theirs = gluoncv_class(algorithm)(3, backbone.replace("-", ""), pretrained_base=False, crop_size=48)
    theirs.load_parameters(str(tmp_path / "model_best.params"))
    images = random_pictures(1, 48, 48, seed=3)
    expected = mx.nd.softmax(theirs(mx.nd.array(normalize(images)))[0], axis=1).asnumpy()

    served = load_network(algorithm, backbone, 3, tmp_path / "model_best.params")
    np.testing.assert_allclose(served.probabilities(images, (48, 48)), expected, rtol=1e-5, atol=1e-6)
    for height, width in ((31, 47), (90, 61)):
        others = random_pictures(1, height, width)
        probabilities = served.probabilities(others, (height, width))
        assert probabilities.shape == (1, 3, height, width)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        assert np.array_equal(served.mask(others, (height, width)), probabilities.argmax(axis=1))


def test_pyramid_pooling_has_the_same_gradient_compiled_as_it_has_step_by_step(mx: ModuleType) -> None:
    """Compiled, MXNet adds up the gradients of a tensor in one place if it has eight or more."""
    from semseg.engines.gluon.networks import AnySizePyramidPooling

    pooling = AnySizePyramidPooling(8, norm_layer=mx.gluon.nn.BatchNorm, norm_kwargs={})
    pooling.initialize(mx.init.Xavier())
    rng = np.random.default_rng(0)
    x, weights = (mx.nd.array(rng.standard_normal((2, channels, 7, 9))) for channels in (8, 16))
    x.attach_grad()

    def gradient() -> np.ndarray:
        with mx.autograd.record():
            loss = (pooling(x * 1) * weights).sum()
        loss.backward()
        return x.grad.asnumpy()

    step_by_step = gradient()
    pooling.hybridize(static_alloc=True, static_shape=True)
    np.testing.assert_allclose(gradient(), step_by_step, rtol=1e-4, atol=1e-5)


def test_probabilities_and_mask_agree_to_the_pixel_after_resizing(mx: ModuleType) -> None:
    from semseg.engines.gluon.engine import GluonEngine

    engine = GluonEngine(hyperparameters(), [mx.cpu()])
    images = random_pictures(2, 40, 32)
    probabilities = engine.probabilities(images, (111, 97))
    assert probabilities.shape == (2, 3, 111, 97)
    assert probabilities.dtype == np.float32
    mask = engine.mask(images, (111, 97))
    assert mask.dtype == np.uint8
    assert np.array_equal(mask, probabilities.argmax(axis=1))


def test_the_first_of_equal_classes_wins_as_it_does_in_numpy(mx: ModuleType) -> None:
    from semseg.engines.gluon.engine import GluonNetwork

    class EqualScores:
        def __call__(self, images: np.ndarray) -> np.ndarray:
            return mx.nd.zeros((1, 3, 8, 8))

    network = GluonNetwork(EqualScores(), 3, [mx.cpu()])
    assert network.mask(random_pictures(1, 8, 8), (8, 8)).max() == 0
