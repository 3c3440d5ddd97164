"""The expected calibration error, by pixels that are counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.results.calibration import BINS, CalibrationCounts


def counted(*pixels: tuple[int, int, float]) -> CalibrationCounts:
    """Pixels in a row: true class, predicted class, confidence."""
    truth, predicted, confidence = zip(*pixels)
    counts = CalibrationCounts()
    counts.add(np.array([truth], np.uint8), np.array([predicted], np.uint8), np.array([confidence], np.float32))
    return counts


def test_a_sure_model_that_is_half_right_is_half_wrong_about_itself() -> None:
    assert counted((0, 0, 1.0), (1, 0, 1.0)).error() == 0.5


def test_bins_count_as_much_as_they_have_pixels() -> None:
    # three pixels of confidence 0.75, two of them right, and one of 0.5 that is wrong; the fifth is ignored
    found = counted((0, 0, 0.75), (1, 1, 0.75), (0, 1, 0.75), (1, 0, 0.5), (255, 0, 0.9))
    assert found.error() == pytest.approx(3 / 4 * abs(2 / 3 - 0.75) + 1 / 4 * 0.5)
    seen = {place: each for place, each in enumerate(found.bins()) if each.pixels}
    # 0.75 * 15 = 11.25 lies in the twelfth bin, 0.5 * 15 = 7.5 in the eighth
    assert seen == {7: (1, 0.0, 0.5), 11: (3, pytest.approx(2 / 3), 0.75)}


def test_the_upper_end_belongs_to_a_bin() -> None:
    found = counted((0, 0, 0.2), (0, 0, 1.0), (0, 0, 1 / 15), (0, 0, 0.0))
    assert [each.pixels for each in found.bins()] == [2, 0, 1, *[0] * (BINS - 4), 1]


def test_errors_of_a_bin_do_not_cancel_those_of_another() -> None:
    # 0.6: always wrong; 0.9: always right
    assert counted((0, 1, 0.6), (0, 0, 0.9)).error() == pytest.approx((0.6 + 0.1) / 2)


def test_the_order_of_the_pictures_does_not_count() -> None:
    random = np.random.default_rng(0)
    pictures = [(*random.integers(0, 3, (2, 50, 60), np.uint8), random.random((50, 60), np.float32)) for _ in range(7)]
    together, backwards = CalibrationCounts(), CalibrationCounts()
    for forth, back in zip(pictures, reversed(pictures)):
        together.add(*forth)
        backwards.add(*back)
    assert np.array_equal(together.counts, backwards.counts)
    assert together.error() == backwards.error()


def test_nothing_counted_has_no_error() -> None:
    assert CalibrationCounts().error() == 0
