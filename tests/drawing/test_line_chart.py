"""Curves as SVG and as a picture."""

from __future__ import annotations

import re

import numpy as np

from semseg.drawing.chart_picture import as_picture
from semseg.drawing.line_chart import BOTTOM, LEFT, RIGHT, TOP, Chart, Series, as_svg

RISING = Series([(1, 0.0), (2, 0.75), (3, 0.5)], "#3f90da", marked=2)


def test_a_curve_runs_from_corner_to_corner_of_its_axes() -> None:
    svg = as_svg(Chart("mIOU <of> crops", [RISING], 3, 1.0), LEFT + 100 + RIGHT, TOP + 80 + BOTTOM)
    bottom = TOP + 80
    line = f"{LEFT}.0,{bottom}.0 {LEFT + 50}.0,{bottom - 60}.0 {LEFT + 100}.0,{bottom - 40}.0"
    assert f'<polyline points="{line}"' in svg
    assert 'aria-label="mIOU &lt;of&gt; crops: 0.75 in epoch 2"' in svg


def test_the_axis_ends_at_the_highest_value_where_nothing_else_is_said() -> None:
    assert Chart("loss", [RISING, Series([(1, 2.0)], "red")], 3).top == 2.0
    assert Chart("loss", [], 3).top == 0.0


def test_the_last_point_is_marked_where_no_epoch_is_named() -> None:
    assert Series([(1, 0.5), (2, 0.25)], "red").mark == (2, 0.25)
    assert Series([(1, 0.5), (2, 0.25)], "red", marked=9).mark == (2, 0.25)


def test_values_off_the_axes_stay_on_the_chart() -> None:
    svg = as_svg(Chart("loss", [Series([(1, -5.0), (2, 9.0)], "red")], 2, 1.0), 200, 100)
    heights = [float(y) for _, y in re.findall(r"([\d.]+),([\d.]+)[ \"]", svg)]
    assert (max(heights), min(heights)) == (100 - BOTTOM, TOP)


def test_one_epoch_and_no_epoch_can_be_drawn() -> None:
    assert "polyline" in as_svg(Chart("loss", [Series([(1, 0.0)], "red")], 1))
    assert as_svg(Chart("loss", [Series([], "red")], 1)) == ""
    assert as_picture(Chart("loss", [Series([(1, 0.0)], "#ff0000")], 1)).size == (480, 240)


def test_a_picture_has_the_curve_in_its_colour() -> None:
    pixels = np.asarray(as_picture(Chart("mIOU", [RISING], 3, 1.0)))
    assert (pixels == (0x3F, 0x90, 0xDA)).all(axis=2).sum() > 200
