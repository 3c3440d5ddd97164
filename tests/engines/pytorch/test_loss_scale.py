from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from semseg.contract.hyperparameters import Hyperparameters
from semseg.errors import ModelError

if TYPE_CHECKING:
    import torch
    from torch import nn

    from semseg.engines.pytorch.optimizers import Optimizer

pytestmark = pytest.mark.pytorch

RULES = ("sgd", "nag", "adam", "adagrad", "rmsprop")
OVERFLOW = float("inf")


class Scaled:
    """A weight of two numbers in the encoder and one in the heads, whose gradients are given."""

    def __init__(self, rule: str, scaled: bool = True) -> None:
        import torch
        from torch import nn

        from semseg.engines.pytorch import optimizers
        from semseg.engines.pytorch.loss_scale import LossScale

        strings = {"num_classes": "3", "num_training_samples": "1", "optimizer": rule}
        self.weights: list[nn.Parameter] = [nn.Parameter(torch.tensor([1.0, 2.0])), nn.Parameter(torch.tensor([3.0]))]
        self.scale = LossScale(torch.device("cpu")) if scaled else None
        self.optimizer: Optimizer = optimizers.make(
            Hyperparameters.from_strings(strings), self.weights[:1], self.weights[1:], self.scale
        )

    def step(self, first: float) -> None:
        """One step whose gradients are (first, 0.25) and 0.5."""
        import torch

        gradients = [torch.tensor([first, 0.25]), torch.tensor([0.5])]
        loss = sum(((weight * gradient).sum() for weight, gradient in zip(self.weights, gradients)), torch.zeros(()))
        self.optimizer.scaled(loss).backward()
        self.optimizer.step(0.01)

    def state(self) -> dict[str, torch.Tensor]:
        kept = {name: array.clone() for name, array in self.optimizer.arrays().items()}
        return {**kept, **{str(index): weight.detach().clone() for index, weight in enumerate(self.weights)}}


@pytest.mark.parametrize("rule", RULES)
def test_a_scaled_loss_moves_the_parameters_as_the_loss_itself(rule: str) -> None:
    import torch

    ours, plain = Scaled(rule), Scaled(rule, scaled=False)
    for each in (ours, plain):
        for first in (0.5, -1.0, 2.0):
            each.step(first)
    for mine, other in zip(ours.weights, plain.weights):
        torch.testing.assert_close(mine, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("rule", RULES)
def test_an_overflow_halves_the_scale_and_moves_nothing(rule: str) -> None:
    ours = Scaled(rule)
    ours.step(0.5)
    before = ours.state()
    ours.step(OVERFLOW)
    after = ours.state()
    assert [each["loss_scale.scale"].item() for each in (before, after)] == [65536, 32768]
    assert [each["loss_scale.void_steps"].item() for each in (before, after)] == [0, 1]
    moved = {name for name in before if not before[name].equal(after[name])}
    assert moved == {"steps", "loss_scale.scale", "loss_scale.good_steps", "loss_scale.void_steps"}


def test_two_thousand_steps_without_an_overflow_double_the_scale() -> None:
    import torch

    from semseg.engines.pytorch.loss_scale import LossScale

    scale = LossScale(torch.device("cpu"))
    found = []
    for _ in range(2000):
        found.append(scale.arrays()["scale"].item())
        scale.take_off([torch.ones(1)])
    assert set(found) == {65536}
    assert scale.arrays()["scale"].item() == 131072


@pytest.mark.parametrize("rule", RULES)
def test_a_job_that_goes_on_from_its_file_moves_on_as_if_it_had_not_stopped(rule: str, tmp_path: Path) -> None:
    undisturbed, resumed = Scaled(rule), Scaled(rule)
    for first in (0.5, OVERFLOW, -1.0):
        undisturbed.step(first)
    undisturbed.optimizer.save(tmp_path / "state")
    resumed.optimizer.load(tmp_path / "state")
    for mine, other in zip(resumed.weights, undisturbed.weights):
        mine.data.copy_(other.data)
    for each in (undisturbed, resumed):
        each.step(2.0)
    expected, found = undisturbed.state(), resumed.state()
    assert all(expected[name].equal(found[name]) for name in expected)


@pytest.mark.parametrize(
    ("scaled", "was", "now"), [(True, "not float16", "float16"), (False, "float16", "not float16")]
)
def test_a_file_of_a_job_in_another_precision_is_refused_where_one_is_float16(
    scaled: bool, was: str, now: str, tmp_path: Path
) -> None:
    Scaled("sgd", scaled=not scaled).optimizer.save(tmp_path / "state")
    with pytest.raises(ModelError) as refusal:
        Scaled("sgd", scaled=scaled).optimizer.load(tmp_path / "state")
    assert str(refusal.value) == (
        f"precision_dtype must be that of the job that wrote state, {was}, and is {now}: give it the value that it "
        "had, or give the job another checkpoint_s3_uri to start anew"
    )
