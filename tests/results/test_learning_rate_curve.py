"""The curve of a range test of learning rates, by hand-counted losses."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.results.learning_rate_curve import LearningRateCurve, nearest, smoothed

RATES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)


def test_a_smoothed_loss_is_the_mean_of_the_last_four() -> None:
    assert smoothed([4.0, 2.0, 3.0, 3.0, 8.0]) == (4.0, 3.0, 3.0, 3.0, 4.0)
    assert smoothed([]) == ()


def test_a_tenth_of_the_rate_of_the_lowest_smoothed_loss_is_suggested() -> None:
    # means of up to four: 4, 3, 8/3, 2.25 and 8.25/4
    curve = LearningRateCurve(RATES, (4.0, 2.0, 2.0, 1.0, 3.25))
    assert curve.smoothed[-1] == 2.0625
    assert curve.suggestion == 0.1
    later = LearningRateCurve(RATES, (4.0, 2.0, 2.0, 1.0, 40.0))
    assert later.suggestion == 0.01
    assert str(later) == "suggested learning_rate: 0.01; tried from 0.0001 to 1"


def test_a_suggestion_has_two_digits() -> None:
    assert LearningRateCurve((1e-4, 0.012345), (2.0, 1.0)).suggestion == 0.0012


@pytest.mark.parametrize("losses", [(2.0, 2.0, 2.0), (2.0, 3.0, 4.0), (2.0, 1.97, 2.0)])
def test_nothing_is_suggested_where_the_loss_does_not_fall_by_a_hundredth(losses: tuple[float, ...]) -> None:
    curve = LearningRateCurve(RATES[:3], losses)
    assert curve.suggestion is None
    assert str(curve) == "no learning rate is suggested: the loss did not fall, tried from 0.0001 to 0.01"
    assert "polyline" in curve._repr_html_()


def test_a_curve_without_steps_can_be_shown() -> None:
    curve = LearningRateCurve((), ())
    assert str(curve) == "no learning rate is suggested: the loss did not fall, none was tried"
    assert "svg" not in curve._repr_html_()


def test_a_curve_is_the_same_after_it_was_written() -> None:
    curve = LearningRateCurve(RATES, (4.0, 2.0, 2.0, 1.0, 40.0))
    assert curve.to_json()["suggestion"] == 0.01
    assert LearningRateCurve.from_json(curve.to_json()) == curve


def test_the_suggestion_is_written_into_the_drawings() -> None:
    curve = LearningRateCurve(RATES, (4.0, 2.0, 2.0, 1.0, 40.0))
    markup = curve._repr_html_()
    assert ">0.01</text>" in markup
    assert ">learning rate 1e+00</text>" in markup
    assert 'aria-label="loss at growing learning rates: of each step: 4, smoothed: 0.01"' in markup
    picture = curve.picture()
    assert picture.size == (480, 240)
    assert np.asarray(picture).min() < 128


def test_the_nearest_rate_is_that_of_the_smallest_ratio() -> None:
    assert nearest(RATES, 0.04) == 3  # 0.1 is 2.5 times as much, 0.01 a quarter
    assert nearest(RATES, 0.02) == 2
