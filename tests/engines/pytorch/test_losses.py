from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from semseg.engines.jaccard_slopes import jaccard_slopes
from semseg.engines.loss_terms import LossTerms, mean_of_sums
from tests.engines.loss_cases import BY_HAND, KINDS, MASKS, PROBABILITIES, kind, random_case, terms

if TYPE_CHECKING:
    import torch

pytestmark = pytest.mark.pytorch


def sums_of(of: LossTerms, scores: torch.Tensor, masks: np.ndarray) -> torch.Tensor:
    import torch

    from semseg.engines.pytorch.losses import TermSums

    return TermSums(of, torch.device("cpu"))(scores, torch.from_numpy(masks))


def value_and_gradient(of: LossTerms, scores: np.ndarray, masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sums of the terms, (T,), and the gradient of their sum."""
    import torch

    given = torch.from_numpy(scores.copy()).requires_grad_()
    sums = sums_of(of, given, masks)
    sums.sum().backward()
    assert given.grad is not None
    return sums.detach().numpy(), given.grad.numpy()


@pytest.mark.parametrize(("loss", "weights"), BY_HAND)
def test_each_loss_is_that_counted_by_hand(loss: str, weights: tuple[float, ...]) -> None:
    import torch

    of, (total, denominator) = terms(loss, weights), BY_HAND[loss, weights]
    sums = sums_of(of, torch.from_numpy(np.log(PROBABILITIES)), MASKS)
    assert mean_of_sums(sums.numpy(), of.denominators(MASKS)) == pytest.approx(total / denominator, rel=1e-6)


@pytest.mark.parametrize("of", KINDS, ids=kind)
def test_each_gradient_is_the_numeric_one_and_ignored_pixels_have_none(of: LossTerms) -> None:
    import torch

    scores, masks = random_case()
    exact = torch.from_numpy(scores).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda given: sums_of(of, given, masks), exact)
    _, gradient = value_and_gradient(of, scores, masks)
    by_pixel = np.abs(gradient).max(axis=1)
    assert (by_pixel[masks == 255] == 0).all()
    assert by_pixel[masks != 255].max() > 0


@pytest.mark.parametrize(
    "of", [terms("cross_entropy", (), 4), terms("cross_entropy", (1, 2, 0.5, 3), 4, 0.1)], ids=kind
)
def test_the_cross_entropy_is_that_of_pytorch_with_class_weights_and_label_smoothing(of: LossTerms) -> None:
    import torch

    scores, masks = random_case()
    theirs = torch.nn.functional.cross_entropy(
        torch.from_numpy(scores),
        torch.from_numpy(masks).long(),
        torch.tensor(of.class_weights) if of.class_weights else None,
        ignore_index=255,
        label_smoothing=of.label_smoothing,
    )
    sums = sums_of(of, torch.from_numpy(scores), masks)
    assert mean_of_sums(sums.numpy(), of.denominators(masks)) == pytest.approx(theirs.item(), rel=1e-6)


def test_a_gpu_sorts_to_the_slopes_that_numpy_finds() -> None:
    import torch

    from semseg.engines.pytorch.losses import slopes_by_sorting

    scores, masks = random_case(side=6)
    scores[:, :, :3] = 0  # half of the pixels are equally wrong
    probabilities = torch.from_numpy(scores).softmax(dim=1).flatten(2)
    found = slopes_by_sorting(probabilities, torch.from_numpy(masks).flatten(1))
    expected = jaccard_slopes(probabilities.numpy(), masks.reshape(3, -1))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)
