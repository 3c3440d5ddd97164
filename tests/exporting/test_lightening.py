"""The search for the lightest network that passes, on scores that are told beforehand."""

from __future__ import annotations

import pytest

from semseg.engines.network import Network
from semseg.errors import ModelError
from semseg.exporting.lightening import SHARES, Light, lightest
from tests.prediction.fake_network import BrightnessNetwork

WANTED = 0.8


class Maker:
    """Makes networks that lose half a point from ``enough`` of the operations on, and 20 points below; remembers the
    shares that it was asked for.
    """

    def __init__(self, enough: float, loss: float = 0.005) -> None:
        self.enough, self.loss = enough, loss
        self.scores: dict[Network, float] = {}
        self.asked: list[float] = []

    def __call__(self, share: float) -> tuple[Network, float]:
        self.asked.append(share)
        network: Network = BrightnessNetwork()
        self.scores[network] = WANTED - (self.loss if share >= self.enough else 0.2)
        return network, share - 0.01

    def mean_iou(self, network: Network) -> float:
        return self.scores[network]


@pytest.mark.parametrize("enough", SHARES)
def test_the_lightest_that_passes_is_found_in_four_attempts_at_most(enough: float) -> None:
    maker = Maker(enough)
    light = lightest(WANTED, maker, maker.mean_iou, lambda line: None)
    assert light == Light(enough, enough - 0.01, WANTED - 0.005)
    assert len(maker.asked) <= 4


def test_each_attempt_is_told() -> None:
    maker, told = Maker(0.0, loss=0.0), list[str]()
    lightest(WANTED, maker, maker.mean_iou, told.append)
    assert maker.asked == [0.5, 0.3, 0.2, 0.15]
    assert told[0] == "mIOU of whole pictures with 49 % of the operations: 0.8000"


def test_where_none_passes_the_sentence_has_both_scores() -> None:
    maker = Maker(enough=1.0)
    with pytest.raises(ModelError) as refusal:
        lightest(WANTED, maker, maker.mean_iou, lambda line: None)
    assert str(refusal.value) == (
        "a light form must lose at most 0.5 points of mIOU, got 0.6000 with 79 % of the operations where the trained "
        "network has 0.8000: export without light, or measure on pictures that are more like those of the validation "
        "channel"
    )


def test_a_smaller_loss_can_be_asked_for() -> None:
    maker = Maker(enough=0.3)
    with pytest.raises(ModelError, match=r"must lose at most 0\.25 points"):
        lightest(WANTED, maker, maker.mean_iou, lambda line: None, largest_loss=0.0025)
