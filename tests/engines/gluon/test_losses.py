from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.engines.loss_terms import LossTerms, mean_of_sums, scales
from tests.engines.loss_cases import BY_HAND, MASKS, PROBABILITIES, random_case, terms

if TYPE_CHECKING:
    from semseg.engines.gluon.losses import LossSums

pytestmark = pytest.mark.engine


def loss_of(of: LossTerms) -> LossSums:
    """The compiled loss of a network whose scores are its pictures."""
    import mxnet as mx
    from mxnet import gluon

    from semseg.engines.gluon.losses import LossSums

    class Same(gluon.HybridBlock):
        aux = False

        def hybrid_forward(self, F: object, images: mx.sym.Symbol) -> mx.sym.Symbol:
            return images * 1

    loss = LossSums(Same(), of, 0.5, [mx.cpu()])
    loss.hybridize(static_alloc=True, static_shape=True)
    return loss


def value_and_gradient(of: LossTerms, scores: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sums of the terms, (T,), and the gradient of their sum, as a step computes them."""
    import mxnet as mx

    given = mx.nd.array(scores)
    given.attach_grad()
    with mx.autograd.record():
        sums = loss_of(of)(given, mx.nd.array(masks.astype(np.float32)))
    mx.autograd.backward([sums], [mx.nd.ones_like(sums)])
    return sums.asnumpy(), given.grad.asnumpy()


@pytest.mark.parametrize(("loss", "weights"), BY_HAND)
def test_each_loss_is_that_counted_by_hand(loss: str, weights: tuple[float, ...]) -> None:
    of, (total, denominator) = terms(loss, weights), BY_HAND[loss, weights]
    sums, _ = value_and_gradient(of, np.log(PROBABILITIES), MASKS)
    assert mean_of_sums(sums, of.denominators(MASKS)) == pytest.approx(total / denominator, rel=1e-6)


def test_the_terms_of_a_sum_teach_each_by_its_own_denominator() -> None:
    import mxnet as mx

    scores, masks = random_case()
    of = terms("cross_entropy+dice", (), 4)
    alone = [value_and_gradient(terms(name, (), 4), scores, masks) for name in of.names]
    denominators, given = of.denominators(masks), mx.nd.array(scores)
    given.attach_grad()
    with mx.autograd.record():
        sums = loss_of(of)(given, mx.nd.array(masks.astype(np.float32)))
    mx.autograd.backward([sums], [mx.nd.array(scales(denominators))])
    assert sums.asnumpy() == pytest.approx([float(total[0]) for total, _ in alone])
    expected = sum(gradient / denominator for (_, gradient), denominator in zip(alone, denominators))
    np.testing.assert_allclose(given.grad.asnumpy() / denominators[0], expected, rtol=1e-5, atol=1e-9)
