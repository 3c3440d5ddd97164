from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters
from semseg.engines.engine import Engine
from semseg.engines.group import Group
from semseg.errors import ModelError
from tests.engines.nearest_mean import NearestMean
from tests.engines.pytorch.engine_of_processes import EngineOfProcesses

pytestmark = pytest.mark.pytorch


def make(seed: int, group: Group) -> NearestMean:
    """Is called in each process, by its name."""
    return NearestMean(3, seed, group)


def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
    """Three pictures and masks, of which the last ones ignore more."""
    rng = np.random.default_rng(step)
    masks = rng.integers(0, 3, (3, 8, 8)).astype(np.uint8)
    masks[1, :3], masks[2, 1:] = 255, 255
    return rng.integers(0, 256, (3, 8, 8, 3)).astype(np.uint8), masks


@pytest.mark.slow
def test_an_engine_of_two_processes_does_what_one_does(tmp_path: Path) -> None:
    two: Engine = EngineOfProcesses(f"{__name__}:make", seed=1)
    one = NearestMean(3, 1)
    assert two.num_classes == 3
    for step in range(3):
        for engine in (one, two):
            engine.begin_step(0, step)
            engine.step(*batch(step), 0.1)
    assert two.take_loss() == pytest.approx(one.take_loss(), rel=1e-6)
    two.finish()
    two.save(tmp_path / "parameters")
    np.testing.assert_allclose(read_parameters(tmp_path / "parameters")["means"], one.means, rtol=1e-6)
    images, _ = batch(0)
    np.testing.assert_allclose(two.probabilities(images, (8, 8)), one.probabilities(images, (8, 8)), atol=1e-5)
    assert np.array_equal(two.mask(images, (8, 8)), one.mask(images, (8, 8)))
    two.save_optimizer(tmp_path / "optimizer")
    two.load_optimizer(tmp_path / "optimizer")
    (tmp_path / "optimizer").write_bytes(b"something else")
    with pytest.raises(ModelError, match="optimizer"):
        two.load_optimizer(tmp_path / "optimizer")
    two.load(tmp_path / "parameters")
