from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from semseg.contract.hyperparameters import Hyperparameters
from semseg.errors import ModelError
from semseg.training.learning_rate import LearningRate

if TYPE_CHECKING:
    import torch
    from mxnet import gluon

    from semseg.engines.pytorch.optimizers import Optimizer

pytestmark = pytest.mark.pytorch

OPTIMIZERS = ("sgd", "nag", "adam", "adamw", "adagrad", "rmsprop")
# fast enough to move far in 20 steps, slow enough that none runs away
RATES = {"sgd": 0.05, "nag": 0.05, "adam": 0.002, "adamw": 0.002, "adagrad": 0.01, "rmsprop": 0.001}
SCHEDULES: dict[str, dict[str, Any]] = {"poly": {}, "cosine": {}, "step": {"factor": 0.5, "drops": (2, 3)}}
STEPS = 20
BATCH, CLASSES, SIDE = 4, 3, 9
IGNORE = 255


def hyperparameters(optimizer: str, **more: str) -> Hyperparameters:
    strings = {"num_classes": "3", "num_training_samples": "20", "weight_decay": "0.01"}
    return Hyperparameters.from_strings({**strings, "optimizer": optimizer, **more})


def schedule_of(optimizer: str, schedule: str) -> LearningRate:
    """Five batches an epoch, four epochs."""
    return LearningRate(RATES[optimizer], schedule, 5, 4, **SCHEDULES[schedule])


def first_values() -> list[np.ndarray]:
    """A convolution, a norm's gamma and beta, and a convolution with its bias, from one seed."""
    rng = np.random.default_rng(1)
    shapes = [(6, 3, 3, 3), (6,), (6,), (CLASSES, 6, 1, 1), (CLASSES,)]
    return [rng.normal(1.0 if shape == (6,) else 0.0, 0.3, shape).astype(np.float32) for shape in shapes]


def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and masks, about a quarter of which is ignored, and at step 7 all of it."""
    rng = np.random.default_rng(100 + step)
    masks = rng.integers(0, CLASSES + 1, (BATCH, SIDE, SIDE))
    masks = np.where((masks == CLASSES) | (step == 7), IGNORE, masks)
    return rng.normal(0, 1, (BATCH, 3, SIDE, SIDE)).astype(np.float32), masks


class Ours:
    """Convolution, batch norm, ReLU and convolution, trained by our optimizer; the last one is the head."""

    def __init__(self, optimizer: str, channels_last: bool = False, scaled: bool = False, **more: str) -> None:
        import torch

        from semseg.engines.pytorch import optimizers
        from semseg.engines.pytorch.loss_scale import LossScale

        self.network = torch.nn.Sequential(
            torch.nn.Conv2d(3, 6, 3, padding=1, bias=False),
            torch.nn.BatchNorm2d(6),
            torch.nn.ReLU(),
            torch.nn.Conv2d(6, CLASSES, 1),
        )
        with torch.no_grad():
            for parameter, values in zip(self.network.parameters(), first_values()):
                parameter.copy_(torch.from_numpy(values))
        if channels_last:
            for parameter in self.network.parameters():
                if parameter.dim() == 4:
                    parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        parameters = list(self.network.parameters())
        scale = LossScale(torch.device("cpu")) if scaled else None
        self.optimizer: Optimizer = optimizers.make(
            hyperparameters(optimizer, **more), parameters[:3], parameters[3:], scale
        )

    def train(self, rate: LearningRate, steps: range = range(STEPS), held: int = 0, void: int = -1) -> Ours:
        """Makes these steps; in the first ``held`` ones the encoder is held, and the gradient of step ``void`` is
        infinite.
        """
        import torch

        for step in steps:
            images, masks = batch(step)
            labelled = max(int((masks != IGNORE).sum()), 1)
            scores = self.network(torch.from_numpy(images))
            loss = torch.nn.functional.cross_entropy(
                scores, torch.from_numpy(masks), ignore_index=IGNORE, reduction="sum"
            )
            self.optimizer.scaled(loss / labelled).backward()
            if step == void:
                gradient = list(self.network.parameters())[4].grad
                assert gradient is not None
                gradient.fill_(float("inf"))
            self.optimizer.step(rate.at(step), step < held)
            self.network.zero_grad()  # of a held encoder
        return self

    def values(self) -> list[np.ndarray]:
        return [parameter.detach().numpy().copy() for parameter in self.network.parameters()]


class Theirs:
    """The same with MXNet, by the trainer of the gluon engine."""

    def __init__(self, optimizer: str, **more: str) -> None:
        from semseg.engines.gluon import optimizers  # isort: skip  it makes MXNet importable
        import mxnet as mx
        from mxnet.gluon import nn

        self.network = nn.HybridSequential()
        self.network.add(
            nn.Conv2D(6, 3, padding=1, use_bias=False, in_channels=3),
            nn.BatchNorm(in_channels=6),
            nn.Activation("relu"),
            nn.Conv2D(CLASSES, 1, in_channels=6),
        )
        self.network.initialize(mx.init.Zero())
        for parameter, values in zip(self.trained(), first_values()):
            parameter.set_data(mx.nd.array(values))
        self.network[3].collect_params().setattr("lr_mult", 10)
        self.trainer = optimizers.make(self.network, hyperparameters(optimizer, **more))
        self.longest = float(more.get("gradient_clip", 0))

    def trained(self) -> list[gluon.Parameter]:
        parameters = self.network.collect_params().values()
        return [parameter for parameter in parameters if parameter.grad_req != "null"]

    def train(self, rate: LearningRate) -> Theirs:
        import mxnet as mx

        from semseg.engines.gluon import optimizers

        for step in range(STEPS):
            images, masks = batch(step)
            with mx.autograd.record():
                logs = mx.nd.log_softmax(self.network(mx.nd.array(images)), axis=1)
                labelled = mx.nd.array(masks != IGNORE)
                loss = -(mx.nd.pick(logs, mx.nd.array(masks) * labelled, axis=1) * labelled).sum()
            loss.backward()
            self.trainer.set_learning_rate(rate.at(step))
            optimizers.move(self.trainer, max(int((masks != IGNORE).sum()), 1), self.longest)
        return self

    def values(self) -> list[np.ndarray]:
        return [parameter.data().asnumpy() for parameter in self.trained()]


def tensor(values: np.ndarray) -> torch.Tensor:
    import torch

    return torch.from_numpy(values)


def difference(ours: list[np.ndarray], others: list[np.ndarray]) -> float:
    return max(float(np.abs(one - other).max()) for one, other in zip(ours, others))


@pytest.mark.engine
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_twenty_steps_give_the_parameters_that_mxnet_has(optimizer: str, schedule: str) -> None:
    rate = schedule_of(optimizer, schedule)
    assert (rate.at(STEPS - 1) == 0) == (schedule != "step")
    ours, theirs = Ours(optimizer).train(rate).values(), Theirs(optimizer).train(rate).values()
    assert difference(ours, first_values()) > 0.1
    assert difference(ours, theirs) < 1e-5


@pytest.mark.engine
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_shortened_gradient_gives_the_parameters_that_mxnet_has(optimizer: str) -> None:
    rate = schedule_of(optimizer, "poly")
    ours, theirs = (kind(optimizer, gradient_clip="0.3").train(rate).values() for kind in (Ours, Theirs))
    assert difference(ours, Ours(optimizer).train(rate).values()) > 0.01
    assert difference(ours, theirs) < 1e-5


@pytest.mark.parametrize(("longest", "factor"), [("2.5", 0.5), ("5.1", 1.0)])
def test_a_gradient_is_shortened_over_all_parameters_together(longest: str, factor: float) -> None:
    """A gradient of 3 for the encoder and of 4 for a head: 5 in all."""
    ours = Ours("sgd", gradient_clip=longest, weight_decay="1e-9")
    parameters, before = list(ours.network.parameters()), ours.values()
    for parameter in parameters:
        parameter.grad = parameter.detach() * 0
    for place, length in ((1, 3.0), (4, 4.0)):
        gradient = parameters[place].grad
        assert gradient is not None
        gradient[0] = length
    ours.optimizer.step(0.1)
    assert before[1][0] - ours.values()[1][0] == pytest.approx(0.1 * 3 * factor, rel=1e-4)
    assert before[4][0] - ours.values()[4][0] == pytest.approx(1.0 * 4 * factor, rel=1e-4)


def test_a_gradient_is_shortened_after_the_scale_of_the_loss_is_taken_off() -> None:
    plain, scaled = Ours("sgd", gradient_clip="0.3"), Ours("sgd", scaled=True, gradient_clip="0.3")
    rate = schedule_of("sgd", "poly")
    assert difference(plain.train(rate, range(3)).values(), scaled.train(rate, range(3)).values()) < 1e-6


def test_an_encoder_that_was_held_begins_as_in_a_first_step() -> None:
    rate, late = schedule_of("adamw", "step"), Ours("adamw", freeze_backbone_epochs="1")
    late.train(rate, range(3), held=3)
    assert difference(late.values()[:3], first_values()[:3]) == 0
    assert difference(late.values()[3:], first_values()[3:]) > 0.01
    fresh = Ours("adamw")
    fresh.network.load_state_dict(late.network.state_dict())
    for ours in (late, fresh):
        ours.train(rate, range(3, 4))
    assert difference(late.values()[:3], fresh.values()[:3]) < 1e-7  # the heads have a momentum already
    assert difference(late.values()[3:], fresh.values()[3:]) > 0.001


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("void", [-1, 1, 3], ids=["none void", "a held one void", "a later one void"])
def test_an_encoder_that_was_held_goes_on_to_the_bit(tmp_path: Path, optimizer: str, void: int) -> None:
    rate, scaled = schedule_of(optimizer, "poly"), void >= 0

    def make() -> Ours:
        return Ours(optimizer, scaled=scaled, freeze_backbone_epochs="1")

    undisturbed, first, second = make().train(rate, held=2, void=void), make(), make()
    first.train(rate, range(5), held=2, void=void).optimizer.save(tmp_path / "optimizer.params")
    second.network.load_state_dict(first.network.state_dict())
    second.optimizer.load(tmp_path / "optimizer.params")
    second.train(rate, range(5, STEPS))
    assert difference(second.values(), undisturbed.values()) == 0


def test_a_held_encoder_goes_on_in_another_precision(tmp_path: Path) -> None:
    first = Ours("adam", scaled=True, freeze_backbone_epochs="1")
    first.train(schedule_of("adam", "poly"), range(4), held=2, void=1).optimizer.save(tmp_path / "optimizer.params")
    second = Ours("adam", freeze_backbone_epochs="1")
    second.optimizer.load(tmp_path / "optimizer.params")
    arrays = second.optimizer.arrays()
    assert (arrays["steps"].tolist(), arrays["held_steps"].tolist()) == ([3], [1, 0])


def test_adamw_moves_as_pytorchs_own_class() -> None:
    import torch

    ours, theirs, rate = Ours("adamw"), Ours("adamw"), schedule_of("adamw", "poly")
    parameters = list(theirs.network.parameters())
    groups = [{"params": parameters[:3]}, {"params": parameters[3:]}]
    adamw = torch.optim.AdamW(groups, weight_decay=0.01)
    for step in range(STEPS):
        for number, group in enumerate(adamw.param_groups):
            group["lr"] = rate.at(step) * 10**number
        for network in (ours.network, theirs.network):
            network(tensor(batch(step)[0])).square().mean().backward()
        ours.optimizer.step(rate.at(step))
        adamw.step()
        adamw.zero_grad()
    assert difference(ours.values(), first_values()) > 0.05
    assert difference(ours.values(), theirs.values()) < 1e-6


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizer_that_was_saved_goes_on_to_the_bit(tmp_path: Path, optimizer: str) -> None:
    rate = schedule_of(optimizer, "poly")
    undisturbed = Ours(optimizer).train(rate)
    first = Ours(optimizer).train(rate, range(10))
    first.optimizer.save(tmp_path / "optimizer.params")
    second = Ours(optimizer)
    second.network.load_state_dict(first.network.state_dict())
    second.optimizer.load(tmp_path / "optimizer.params")
    second.train(rate, range(10, STEPS))
    assert difference(second.values(), undisturbed.values()) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["optimizer.params"]


def test_a_step_of_rate_0_still_moves_by_the_momentum() -> None:
    ours = Ours("sgd").train(schedule_of("sgd", "poly"), range(5))
    before = ours.values()
    ours.network(tensor(batch(5)[0])).sum().backward()
    ours.optimizer.step(0.0)
    assert difference(ours.values(), before) > 0


def test_a_step_leaves_no_gradient_and_a_missing_one_counts_as_zero() -> None:
    ours = Ours("sgd").train(schedule_of("sgd", "poly"), range(1))
    assert [parameter.grad for parameter in ours.network.parameters()] == [None] * 5
    before, momentum = ours.values(), ours.optimizer.arrays()["heads.1.momentum"].numpy().copy()
    ours.optimizer.step(0.0)
    np.testing.assert_allclose(ours.values()[4], before[4] - np.float32(0.9) * momentum, rtol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_order_of_values_in_memory_changes_nothing(optimizer: str) -> None:
    rate = schedule_of(optimizer, "poly")
    plain, last = Ours(optimizer), Ours(optimizer, channels_last=True)
    for step in range(3):
        for ours in (plain, last):
            values = iter(first_values())
            for parameter in ours.network.parameters():
                parameter.grad = tensor(np.sin(next(values) * (step + 1)))  # contiguous, whatever the parameter is
            ours.optimizer.step(rate.at(step))
    assert difference(plain.values(), last.values()) < 1e-7


def test_the_state_is_named_by_group_place_and_kind() -> None:
    arrays = Ours("adam").train(schedule_of("adam", "poly"), range(3)).optimizer.arrays()
    assert int(arrays.pop("steps")) == 3
    encoder = {f"encoder.{index}.{kind}" for index in range(3) for kind in ("mean", "mean_square")}
    heads = {f"heads.{index}.{kind}" for index in range(2) for kind in ("mean", "mean_square")}
    assert arrays.keys() == encoder | heads
    assert tuple(arrays["encoder.0.mean"].shape) == (6, 3, 3, 3)


def without_an_array(arrays: dict[str, torch.Tensor]) -> None:
    del arrays["encoder.1.momentum"]


def with_one_more(arrays: dict[str, torch.Tensor]) -> None:
    arrays["heads.2.momentum"] = arrays["heads.1.momentum"]


def of_another_shape(arrays: dict[str, torch.Tensor]) -> None:
    arrays["heads.1.momentum"] = arrays["heads.1.momentum"][:2]


def of_another_type(arrays: dict[str, torch.Tensor]) -> None:
    arrays["heads.1.momentum"] = arrays["heads.1.momentum"].double()


def of_fewer_than_no_steps(arrays: dict[str, torch.Tensor]) -> None:
    arrays["steps"] = arrays["steps"] - 5


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (without_an_array, r"holds encoder.1.momentum as nothing where .* need \(6,\): it is of another job"),
        (with_one_more, r"holds heads.2.momentum as \(3,\) where .* need nothing"),
        (of_another_shape, r"holds heads.1.momentum as \(2,\) where .* need \(3,\)"),
        (of_another_type, r"holds heads.1.momentum as \(3,\) float64 where .* need \(3,\)"),
        (of_fewer_than_no_steps, "must say how many steps were made, at least 0, and says -4"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_nothing_of_it_taken(
    change: Callable[[dict[str, torch.Tensor]], None], sentence: str
) -> None:
    arrays = Ours("sgd").train(schedule_of("sgd", "poly"), range(1)).optimizer.arrays()
    change(arrays)
    fresh = Ours("sgd").optimizer
    with pytest.raises(ModelError, match=f"^the state of the optimizer {sentence}"):
        fresh.take(arrays)
    assert all(not array.any() for array in fresh.arrays().values())


def test_the_state_of_another_rule_is_refused(tmp_path: Path) -> None:
    Ours("sgd").optimizer.save(tmp_path / "optimizer.params")
    with pytest.raises(ModelError, match=r"^optimizer.params must be of the optimizer nag, and is of sgd$"):
        Ours("nag").optimizer.load(tmp_path / "optimizer.params")


def test_a_file_of_safetensors_that_no_optimizer_wrote_is_refused(tmp_path: Path) -> None:
    import safetensors.numpy

    safetensors.numpy.save_file({"a": np.zeros(2)}, tmp_path / "weights")
    with pytest.raises(ModelError, match=r"^weights must be of the optimizer sgd, and is of none$"):
        Ours("sgd").optimizer.load(tmp_path / "weights")


def test_a_file_that_is_missing_cut_off_or_something_else_is_refused(tmp_path: Path) -> None:
    ours = Ours("sgd").optimizer
    with pytest.raises(ModelError, match="none cannot be read: No such file"):
        ours.load(tmp_path / "none")
    ours.save(tmp_path / "whole")
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:-40])
    (tmp_path / "else").write_bytes(b"something else")
    for name in ("cut", "else"):
        with pytest.raises(ModelError, match=f"^{name} is not a file of safetensors, or it is cut off"):
            ours.load(tmp_path / name)


@pytest.mark.engine
def test_an_engine_refuses_the_optimizer_of_the_other_by_name(tmp_path: Path) -> None:
    from semseg.engines.gluon import optimizer_state

    theirs, ours = Theirs("sgd").train(schedule_of("sgd", "poly")), Ours("sgd")
    optimizer_state.save(theirs.trainer, tmp_path / "of_mxnet")
    with pytest.raises(
        ModelError, match=r"^of_mxnet was written by the engine mxnet, and pytorch cannot go on from it"
    ):
        ours.optimizer.load(tmp_path / "of_mxnet")
    ours.optimizer.save(tmp_path / "of_pytorch")
    with pytest.raises(ModelError, match=r"^of_pytorch was written by the engine pytorch, and mxnet cannot go on from"):
        optimizer_state.load(theirs.trainer, tmp_path / "of_pytorch")
