from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from semseg.engines.moving_average import KeptAverage, new_share, taken_out
from semseg.errors import ModelError


def test_the_first_steps_are_soon_forgotten_and_then_the_decay_holds() -> None:
    # 1 - (1 + n) / (10 + n), from the second step on; 9 / 18 is the decay itself
    assert [new_share(0.5, updates) for updates in (0, 1, 2, 8, 9, 100)] == pytest.approx(
        [1, 9 / 11, 9 / 12, 1 / 2, 1 / 2, 1 / 2]
    )


def test_an_average_is_kept_among_other_arrays() -> None:
    kept = KeptAverage({"conv.weight": np.ones((2, 1), np.float32)}, 7).arrays()
    assert kept.keys() == {"average.updates", "average.conv.weight"}
    average, others = taken_out({"own.loss": np.zeros(2), **kept}, {"conv.weight": (2, 1)}, "optimizer.params")
    assert others.keys() == {"own.loss"}
    assert average is not None
    assert (average.updates, average.values["conv.weight"].tolist()) == (7, [[1], [1]])
    assert taken_out(others, {"conv.weight": (2, 1)}, "optimizer.params") == (None, others)


def of_another_shape(kept: dict[str, np.ndarray]) -> None:
    kept["average.w"] = np.ones(4, np.float32)


def without_a_parameter(kept: dict[str, np.ndarray]) -> None:
    del kept["average.w"]


def without_its_steps(kept: dict[str, np.ndarray]) -> None:
    del kept["average.updates"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (of_another_shape, r"optimizer.params holds w as \(4,\) where"),
        (without_a_parameter, "optimizer.params has no parameter w"),
        (without_its_steps, "optimizer.params must say of how many steps its average of the parameters is, and says 0"),
    ],
)
def test_an_average_that_does_not_fit_is_refused(
    change: Callable[[dict[str, np.ndarray]], None], sentence: str
) -> None:
    kept = KeptAverage({"w": np.ones(3, np.float32)}, 1).arrays()
    change(kept)
    with pytest.raises(ModelError, match=f"^{sentence}"):
        taken_out(kept, {"w": (3,)}, "optimizer.params")


class OfPyTorch:
    """One tensor of two numbers, and its average with a decay of 0.9."""

    def __init__(self) -> None:
        import torch

        from semseg.engines.pytorch.moving_average import MovingAverage

        self.parameter = torch.nn.Parameter(torch.zeros(2))
        self.average = MovingAverage({"w": self.parameter}, 0.9)

    def set(self, value: float) -> None:
        self.parameter.data.fill_(value)

    def value(self) -> float:
        return float(self.parameter[1].item())


class OfMXNet:
    """The same as a parameter of MXNet on two devices."""

    def __init__(self) -> None:
        import semseg.engines.gluon.runtime  # noqa: F401 it makes MXNet importable
        import mxnet as mx  # isort: skip

        from semseg.engines.gluon.moving_average import MovingAverage

        self.parameter = mx.gluon.Parameter("w", shape=(2,))
        self.parameter.initialize(ctx=[mx.cpu(0), mx.cpu(1)])
        self.average = MovingAverage({"w": self.parameter}, 0.9)

    def set(self, value: float) -> None:
        for array in self.parameter.list_data():
            array[:] = value

    def value(self) -> float:
        found = [float(array[1].asscalar()) for array in self.parameter.list_data()]
        assert found == [found[0]] * 2
        return found[0]


@pytest.mark.parametrize(
    "kind",
    [pytest.param(OfPyTorch, marks=pytest.mark.pytorch), pytest.param(OfMXNet, marks=pytest.mark.engine)],
)
def test_the_network_has_the_averages_within_the_block_alone(
    kind: type[OfPyTorch] | type[OfMXNet], tmp_path: Path
) -> None:
    one, other = kind(), kind()
    one.set(5)
    with one.average.in_place():
        assert one.value() == 5  # there was no step
    for value in (1, 2, 4):
        one.set(value)
        one.average.update()
    second = 1 + 9 / 11
    third = second + 9 / 12 * (4 - second)
    with one.average.in_place():
        assert one.value() == pytest.approx(third, rel=1e-6)
    assert one.value() == 4
    with pytest.raises(KeyError), one.average.in_place():
        raise KeyError
    assert one.value() == 4
    rest = other.average.take({**one.average.arrays(), "own": np.ones(1)}, "file")
    assert list(rest) == ["own"]
    for each in (one, other):
        each.set(6)
        each.average.update()
        with each.average.in_place():
            assert each.value() == pytest.approx(third + 9 / 13 * (6 - third), rel=1e-6)
    assert {name: array.tolist() for name, array in one.average.arrays().items()} == {
        name: array.tolist() for name, array in other.average.arrays().items()
    }
    one.average.forget()
    assert one.average.arrays() == {}
