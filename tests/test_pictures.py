from __future__ import annotations

import numpy as np

from semseg.pictures import colourize, overlay, palette, side_by_side


def test_every_class_has_a_colour_of_its_own() -> None:
    assert len({tuple(colour) for colour in palette()[:254]}) == 254


def test_class_0_is_grey_and_ignore_is_white() -> None:
    assert colourize(np.array([[0, 255]], dtype=np.uint8)).tolist() == [[[0x71, 0x75, 0x81], [255, 255, 255]]]


def test_an_overlay_leaves_class_0_clear_and_mixes_the_others_half_and_half() -> None:
    image = np.full((1, 2, 3), 100, dtype=np.uint8)
    laid = overlay(image, np.array([[0, 255]], dtype=np.uint8), opacity=0.5)
    # 100 * 0.5 + 255 * 0.5 = 177.5, rounded to even
    assert laid.tolist() == [[[100, 100, 100], [178, 178, 178]]]


def test_a_colour_of_a_label_map_takes_the_place_of_ours() -> None:
    image, mask = np.full((1, 2, 3), 100, dtype=np.uint8), np.array([[1, 2]], dtype=np.uint8)
    laid = overlay(image, mask, opacity=1.0, colours={1: (70, 130, 180)})
    assert laid.tolist() == [[[70, 130, 180], [0xFF, 0xA9, 0x0E]]]


def test_pictures_stand_in_a_row_with_a_gap_of_eight_pixels() -> None:
    row = side_by_side([np.zeros((4, 5, 3), dtype=np.uint8), np.zeros((6, 7, 3), dtype=np.uint8)])
    assert row.size == (5 + 8 + 7, 6)
    assert row.getpixel((0, 5)) == (255, 255, 255)
