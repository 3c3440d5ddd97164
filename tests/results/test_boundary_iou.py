"""Boundary IoU, by pixels that are counted by hand and against the definition written out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from semseg.results.boundary_iou import BoundaryCounts, contour_distance


def near_contours(mask: np.ndarray, ignored: np.ndarray, distance: int) -> np.ndarray:
    """The definition, pixel by pixel: another class, or the outside of the picture, lies in the square around it."""
    found = np.zeros(mask.shape, bool)
    height, width = mask.shape
    for row, column in np.ndindex(mask.shape):
        around = [
            (row + down, column + across)
            for down in range(-distance, distance + 1)
            for across in range(-distance, distance + 1)
        ]
        inside = [(y, x) for y, x in around if 0 <= y < height and 0 <= x < width]
        others = any(mask[place] != mask[row, column] for place in inside if not ignored[place])
        found[row, column] = not ignored[row, column] and (others or len(inside) < len(around))
    return found


@pytest.mark.parametrize(
    ("size", "distance"), [((3, 4), 1), ((30, 40), 1), ((60, 80), 2), ((720, 960), 24), ((375, 500), 12)]
)
def test_near_is_two_percent_of_the_diagonal(size: tuple[int, int], distance: int) -> None:
    # diagonals of 5, 50, 100, 1200 and 625 pixels
    assert contour_distance(*size) == distance


def test_a_stripe_that_is_one_column_off_is_counted_by_hand() -> None:
    # 9 x 9 pixels, near is 1 pixel: class 1 has columns 3 to 5, predicted are 4 to 6
    truth, predicted = np.zeros((2, 9, 9), np.uint8)
    truth[:, 3:6] = predicted[:, 4:7] = 1
    counts = BoundaryCounts(3)
    counts.add(truth, predicted)
    # truth: class 0 has the columns 0, 2, 6 and 8, and of 1 and 7 the ends; class 1 has 3 and 5, and the ends of 4
    assert counts.counts[1].tolist() == [4 * 9 + 2 * 2, 2 * 9 + 2, 0]
    # prediction: class 0 has the columns 0, 3, 7 and 8, and of 1 and 2 the ends; class 1 has 4 and 6, and the ends of 5
    assert counts.counts[2].tolist() == [4 * 9 + 2 * 2, 2 * 9 + 2, 0]
    # both: class 0 has the whole columns 0 and 8, and the ends of 1, 2 and 7; class 1 has the ends of 4 and 5
    assert counts.counts[0].tolist() == [2 * 9 + 3 * 2, 2 * 2, 0]
    assert counts.iou()[:2] == pytest.approx([24 / (40 + 40 - 24), 4 / (20 + 20 - 4)])
    assert math.isnan(counts.iou()[2])
    assert counts.mean_iou() == pytest.approx((24 / 56 + 4 / 36) / 2)


def test_a_shift_costs_contours_more_than_areas() -> None:
    truth, predicted = np.zeros((2, 100, 100), np.uint8)
    truth[20:80, 20:80] = predicted[20:80, 22:82] = 1
    counts = BoundaryCounts(2)
    counts.add(truth, predicted)
    whole = 58 * 60 / (62 * 60)
    assert counts.iou()[1] < whole - 0.3


@pytest.mark.parametrize("size", [(12, 17), (5, 40), (3, 2), (1, 1), (70, 4), (2, 160)])
def test_all_classes_at_once_are_as_the_definition_says(size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    truth, predicted = np.repeat(random.integers(0, 3, (2, size[0], -(-size[1] // 4)), np.uint8), 4, 2)[:, :, : size[1]]
    truth = np.where(random.random(size) < 0.2, np.uint8(255), truth)
    ignored = truth == 255
    counts = BoundaryCounts(3)
    counts.add(truth, predicted)
    distance = contour_distance(*size)
    ours, theirs = (near_contours(mask, ignored, distance) for mask in (truth, predicted))
    for number in range(3):
        mine, other = ours & (truth == number), theirs & (predicted == number)
        assert counts.counts[:, number].tolist() == [(mine & other).sum(), mine.sum(), other.sum()]


def test_ignored_pixels_are_no_contour() -> None:
    truth, predicted = np.zeros((2, 9, 9), np.uint8)
    truth[4, 4] = 255
    predicted[4, 4] = 1  # what is predicted there counts nowhere either
    counts = BoundaryCounts(2)
    counts.add(truth, predicted)
    assert counts.counts.tolist() == [[32, 0], [32, 0], [32, 0]]  # the 32 pixels at the edges of the picture


def test_nothing_labelled_has_no_boundary_iou() -> None:
    counts = BoundaryCounts(2)
    counts.add(np.full((8, 8), 255, np.uint8), np.zeros((8, 8), np.uint8))
    assert counts.mean_iou() == 0
    assert np.isnan(counts.iou()).all()
