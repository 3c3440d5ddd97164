"""Crops of rotated pictures."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.data.crop_window import CropWindow
from semseg.data.rotation import Rotation

IGNORE = 255


def mask_of(places: dict[tuple[int, int], int], height: int = 11, width: int = 11) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    for (column, row), value in places.items():
        mask[row, column] = value
    return mask


def rotated(rotation: Rotation, mask: np.ndarray, window: CropWindow, crop_size: int) -> tuple[np.ndarray, np.ndarray]:
    """The crop of a picture that is not scaled, whose red is its mask."""
    source = rotation.source(window, crop_size)
    assert min(source.left, source.top) >= 0
    assert source.left + source.width <= mask.shape[1]
    assert source.top + source.height <= mask.shape[0]
    rows, columns = (
        slice(start, start + count) for start, count in ((source.top, source.height), (source.left, source.width))
    )
    image = np.stack([mask] * 3, axis=2)
    return rotation.show(image[rows, columns].copy(), mask[rows, columns].copy(), source, window, crop_size)


def test_a_quarter_turn_moves_what_is_above_the_centre_to_its_right() -> None:
    mask = mask_of({(5, 5): 1, (5, 3): 2, (9, 5): 3})  # the centre, above it and right of it
    image, turned = rotated(Rotation(90, (5, 5)), mask, CropWindow(11, 11, 0, 0, 11, 11), 11)
    assert {value: tuple(np.argwhere(turned == value)[0][::-1]) for value in (1, 2, 3)} == {
        1: (5, 5),
        2: (7, 5),
        3: (5, 9),
    }
    np.testing.assert_array_equal(image[:, :, 0], turned)


def test_outside_of_the_picture_the_image_is_black_and_the_mask_is_ignored() -> None:
    mask = np.full((21, 21), 9, np.uint8)
    image, turned = rotated(Rotation(45, (10, 10)), mask, CropWindow(21, 21, 0, 0, 21, 21), 21)
    assert [turned[0, 0], turned[0, -1], turned[-1, 0], turned[-1, -1]] == [IGNORE] * 4
    assert turned[10, 0] == turned[0, 10] == turned[10, 20] == turned[20, 10] == 9
    assert (image[turned == IGNORE] < 9).all()
    assert set(np.unique(turned)) == {9, IGNORE}


@pytest.mark.parametrize("degrees", [-10.0, -3.7, 0.01, 10.0])
@pytest.mark.parametrize("centre", [(52, 41), (45, 37), (64.0, 56.0)])
def test_the_window_that_is_rotated_holds_all_that_the_crop_shows(degrees: float, centre: tuple[float, float]) -> None:
    """So a crop is the same, cut from the whole rotated picture."""
    mask = np.random.default_rng(0).integers(0, 9, (100, 120)).astype(np.uint8)
    window, whole = CropWindow(120, 100, 45, 37, 30, 30), CropWindow(120, 100, 0, 0, 120, 100)
    rotation = Rotation(degrees, centre)
    image, turned = rotated(rotation, mask, window, 30)
    all_of_it = rotation.show(np.stack([mask] * 3, axis=2), mask, whole, window, 30)
    # OpenCV counts in parts of a pixel, which may round otherwise here and there
    assert (turned != all_of_it[1]).mean() < 0.03
    assert np.abs(image.astype(int) - all_of_it[0]).max() <= 1
    assert IGNORE not in turned


@pytest.mark.parametrize("degrees", [-10.0, 7.3])
@pytest.mark.parametrize("pixel", [(45, 37), (74, 66), (50, 60)])
def test_the_centre_stays_at_its_place_in_the_crop(degrees: float, pixel: tuple[int, int]) -> None:
    mask = mask_of({pixel: 7}, 100, 120)
    _, turned = rotated(Rotation(degrees, pixel), mask, CropWindow(120, 100, 45, 37, 30, 30), 30)
    assert turned[pixel[1] - 37, pixel[0] - 45] == 7


def test_a_picture_that_is_smaller_than_the_crop_is_rotated_in_it() -> None:
    mask = np.full((6, 8), 3, np.uint8)
    window = CropWindow(8, 6, 0, 0, 8, 6)
    assert window.centre == (3.5, 2.5)
    image, turned = rotated(Rotation(10, window.centre), mask, window, 20)
    assert (image.shape, turned.shape) == ((20, 20, 3), (20, 20))
    assert 30 < (turned == 3).sum() <= 50
    assert (turned[8:] == IGNORE).all()
