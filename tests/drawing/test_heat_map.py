"""Shares in a grid as a picture."""

from __future__ import annotations

import numpy as np

from semseg.drawing.heat_map import draw_heat_map


def test_what_is_right_is_blue_and_what_is_wrong_is_orange() -> None:
    shares = np.array([[1.0, 0.0], [1.0, 0.0]])
    pixels = np.asarray(draw_heat_map(shares, ["sky", "road"], "truth", "prediction")).reshape(-1, 3)
    assert [int((pixels == colour).all(axis=1).sum()) > 1000 for colour in ((63, 144, 218), (231, 99, 0))] == [True] * 2


def test_many_classes_long_names_and_missing_shares_can_be_drawn() -> None:
    picture = draw_heat_map(
        np.full((40, 40), np.nan), ["a very long name of a class, " * 2] * 40, "truth", "prediction"
    )
    assert picture.width < 1300
