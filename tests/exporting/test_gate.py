"""The accuracy gate on networks whose scores are told beforehand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from semseg.engines.network import Network
from semseg.errors import ModelError
from semseg.exporting.gate import GROUPS, pass_gate
from semseg.results.confusion_matrix import ConfusionMatrix
from tests.prediction.fake_network import BrightnessNetwork

WANTED = 1.0  # what BrightnessNetwork gets


class Shifted(BrightnessNetwork):
    """Takes the first ``wrong`` pixels of each picture for the other class."""

    def __init__(self, wrong: int) -> None:
        super().__init__()
        self.wrong = wrong

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        mask = super().mask(images, size)
        flat = mask.reshape(len(mask), -1)
        flat[:, : self.wrong] = 1 - flat[:, : self.wrong]
        return mask


class Quantizer:
    """Gives the network of each set of spared layers, and remembers what it was asked for."""

    def __init__(self, wrong: Mapping[tuple[str, ...], int]) -> None:
        self.wrong = wrong
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, spared: tuple[str, ...]) -> Shifted:
        self.asked.append(spared)
        return Shifted(self.wrong.get(spared, 100))


def mean_iou(network: Network) -> float:
    """On one picture of 400 black and 400 white pixels, of which an unshifted network gets all right."""
    image = np.zeros((20, 40, 3), np.uint8)
    image[10:] = 255
    matrix = ConfusionMatrix(2)
    matrix.add(np.repeat([0, 1], 400).reshape(20, 40).astype(np.uint8), network.mask(image[np.newaxis], (20, 40))[0])
    return matrix.mean_iou()


def test_the_scores_of_these_tests_are_as_counted_by_hand() -> None:
    # 2 of class 0 taken for class 1: 398 in 400 and 400 in 402
    assert mean_iou(Shifted(0)) == 1.0
    assert mean_iou(Shifted(2)) == pytest.approx((398 / 400 + 400 / 402) / 2)


def test_a_loss_of_half_a_point_passes_at_once() -> None:
    quantizer = Quantizer({(): 1})
    told: list[str] = []
    passed = pass_gate(WANTED, quantizer, mean_iou, told.append)
    # 1 pixel: (399 / 400 + 400 / 401) / 2 = 0.99750
    assert passed.mean_iou_fp32 == 1.0
    assert passed.mean_iou_int8 == pytest.approx(0.99750, abs=5e-6)
    assert passed.spared == ()
    assert quantizer.asked == [()]
    assert told == ["mIOU of whole pictures in int8 with no layer spared: 0.9975"]


def test_a_loss_of_exactly_half_a_point_passes_and_a_hair_more_does_not() -> None:
    exactly, more = Shifted(1), Shifted(2)
    scores: dict[Network, float] = {exactly: 0.9 - 0.005, more: 0.9 - 0.00501}
    assert pass_gate(0.9, lambda spared: exactly, scores.__getitem__, print).mean_iou_int8 == 0.895
    with pytest.raises(ModelError):
        pass_gate(0.9, lambda spared: more, scores.__getitem__, print)


def test_layers_are_spared_one_group_after_another_until_it_passes() -> None:
    stem = ("head.block.4", "head", "conv1")
    quantizer = Quantizer({stem: 0})
    told: list[str] = []
    passed = pass_gate(WANTED, quantizer, mean_iou, told.append)
    assert passed.spared == stem
    assert quantizer.asked == [(), ("head.block.4",), ("head.block.4", "head"), stem]
    assert told[-1] == "mIOU of whole pictures in int8 with the stem spared: 1.0000"


def test_what_never_passes_is_refused_with_both_numbers_and_all_that_was_tried() -> None:
    quantizer = Quantizer({("head.block.4", "head"): 40})
    with pytest.raises(ModelError) as refusal:
        pass_gate(WANTED, quantizer, mean_iou, lambda line: None)
    # 100 pixels: (300 / 400 + 400 / 500) / 2 = 0.775; 40: (360 / 400 + 400 / 440) / 2 = 0.90454...
    assert str(refusal.value) == (
        "INT8 must lose at most 0.5 points of mIOU, got 0.9045 at best where fp32 has 1.0000; spared were "
        "no layer (0.7750), then the decoder's last convolution (0.7750), then the whole decoder (0.9045), "
        'then the stem (0.7750), then the first stage (0.7750): export with precision="fp32", or calibrate on '
        "pictures that are more like those of the validation channel"
    )
    assert len(quantizer.asked) == 1 + len(GROUPS)


def test_a_form_that_is_better_than_fp32_passes() -> None:
    passed = pass_gate(mean_iou(Shifted(100)), Quantizer({(): 0}), mean_iou, lambda line: None)
    assert (passed.mean_iou_fp32, passed.mean_iou_int8) == (0.775, 1.0)
