"""Every loss on both engines: the same values, and the same gradients."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.contract.hyperparameters import LOSSES
from semseg.engines.loss_terms import LossTerms
from tests.engines.gluon import test_losses as gluon
from tests.engines.loss_cases import KINDS, kind, random_case, terms
from tests.engines.pytorch import test_losses as pytorch

pytestmark = [pytest.mark.engine, pytest.mark.pytorch]


def assert_alike(of: LossTerms, scores: np.ndarray, masks: np.ndarray) -> None:
    (ours, our_gradient), (theirs, their_gradient) = (
        engine.value_and_gradient(of, scores, masks) for engine in (pytorch, gluon)
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    assert np.abs(our_gradient - their_gradient).max() <= 1e-5 * np.abs(our_gradient).max()


@pytest.mark.parametrize("of", KINDS, ids=kind)
def test_both_engines_have_the_same_loss_and_gradient(of: LossTerms) -> None:
    assert_alike(of, *random_case())


@pytest.mark.parametrize("of", [terms(loss, (), 4) for loss in LOSSES], ids=kind)
@pytest.mark.parametrize("lead", [0, 200], ids=["all classes equally likely", "all pixels certain of one class"])
def test_so_they_have_where_all_pixels_are_equally_wrong(of: LossTerms, lead: float) -> None:
    scores, masks = random_case(side=20)  # MXNet's own sorting keeps the order of a few
    scores[:] = 0
    scores[:, 1] = lead
    assert_alike(of, scores, masks)
