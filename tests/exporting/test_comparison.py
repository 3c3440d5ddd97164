from __future__ import annotations

import numpy as np

from semseg.exporting.comparison import Comparison, compare
from tests.prediction.fake_network import BrightnessNetwork, half_bright


class Doubting(BrightnessNetwork):
    """As the other, but 0.5 less sure of class 1 in the first row, which makes it class 0 where it was 1."""

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        probabilities = super().probabilities(images, size)
        probabilities[:, 1, 0] -= np.float32(0.5)
        return probabilities


def test_the_largest_difference_and_the_share_of_equal_pixels_are_over_all_pictures() -> None:
    images = [half_bright(4, 10), half_bright(2, 20)]
    # of 40 pixels of the first and 40 of the second, the bright half of the first row differs: 5 and 10
    assert compare(Doubting(), BrightnessNetwork(), images) == Comparison(2, 0.5, 65 / 80)


def test_a_network_equals_itself() -> None:
    assert compare(BrightnessNetwork(), BrightnessNetwork(), [half_bright(4, 10)]) == Comparison(1, 0.0, 1.0)


def test_without_pictures_there_is_nothing_to_say() -> None:
    assert compare(BrightnessNetwork(), BrightnessNetwork(), []) is None
