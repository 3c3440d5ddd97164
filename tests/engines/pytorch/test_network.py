"""Each of the six networks gives the scores that GluonCV's gives with the same parameters, at any size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import write_parameters
from semseg.engines.normalization import normalize
from tests.engines.onnx.random_parameters import GLUON_WIDTH, random_parameters

if TYPE_CHECKING:
    import torch

pytestmark = [pytest.mark.engine, pytest.mark.pytorch]

CLASSES = 5
# (height, width): a crop; sides that no stride divides; features of 3 x 3, fewer than the six bins; a strip
FIVE_SIZES = ((64, 64), (97, 131), (65, 43), (24, 24), (33, 250))
CASES = [
    *(
        pytest.param(algorithm, "resnet-50", FIVE_SIZES, id=f"{algorithm}-50")
        for algorithm in ("fcn", "psp", "deeplab")
    ),
    *(
        pytest.param(algorithm, "resnet-101", ((65, 43),), id=f"{algorithm}-101", marks=pytest.mark.slow)
        for algorithm in ("fcn", "psp", "deeplab")
    ),
]


def random_pictures(count: int, size: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (count, *size, 3), np.uint8)


def assert_alike(ours: torch.Tensor, theirs: np.ndarray, what: str) -> None:
    """Within 1e-5 of the largest score, and of the same class in every pixel whose two best scores are further apart
    than that; hardly any are not.
    """
    scores = ours.numpy()
    bound = 1e-5 * float(np.abs(theirs).max())
    assert float(np.abs(scores - theirs).max()) < bound, what
    best, second = np.sort(theirs, axis=1)[:, [-1, -2]].transpose(1, 0, 2, 3)
    clear = best - second > 2 * bound
    assert clear.mean() > 0.999, what
    assert np.array_equal(scores.argmax(axis=1)[clear], theirs.argmax(axis=1)[clear]), what


@pytest.mark.parametrize(("algorithm", "backbone", "sizes"), CASES)
def test_scores_are_those_of_gluoncvs_network(
    algorithm: str, backbone: str, sizes: tuple[tuple[int, int], ...], tmp_path: Path
) -> None:
    import mxnet as mx
    import torch

    from semseg.engines.gluon import engine, networks
    from semseg.engines.pytorch import network, parameters

    values = random_parameters(algorithm, backbone, CLASSES, width=GLUON_WIDTH, aux=True)
    write_parameters(tmp_path / "random.params", values)
    theirs = networks.build_network(algorithm, backbone, CLASSES, aux=True)
    networks.initialize(theirs, [mx.cpu()])
    engine.load_parameters(theirs, tmp_path / "random.params")
    ours = network.build_network(algorithm, backbone, CLASSES, aux=True).to_empty(device="cpu").eval()
    parameters.load(ours, tmp_path / "random.params")
    for size in sizes:
        images = normalize(random_pictures(2 if size == sizes[0] else 1, size))
        expected = [scores.asnumpy() for scores in theirs(mx.nd.array(images))]
        with torch.inference_mode():
            found = ours(torch.from_numpy(images))
        for kind, scores, other in zip(("main", "auxiliary"), found, expected):
            assert_alike(scores, other, f"{kind} scores at {size}")


@pytest.mark.parametrize("bins", [1, 2, 3, 6])
@pytest.mark.parametrize("size", [(6, 12), (7, 11), (3, 2), (1, 1)])
def test_pooling_is_adaptive_average_pooling(bins: int, size: tuple[int, int]) -> None:
    import torch

    from semseg.engines.pytorch.network import pool

    x = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 3, *size), np.float32))
    torch.testing.assert_close(pool(x, bins), torch.nn.functional.adaptive_avg_pool2d(x, bins), rtol=1e-5, atol=1e-6)


def test_a_network_without_an_auxiliary_head_has_no_auxiliary_scores() -> None:
    import torch

    from semseg.engines.pytorch.network import build_network

    scores, auxiliary = build_network("fcn", "resnet-50", 4, aux=False)(torch.empty(2, 3, 40, 24, device="meta"))
    assert (tuple(scores.shape), auxiliary) == ((2, 4, 40, 24), None)
