from __future__ import annotations

import numpy as np
import pytest

from semseg.results.confusion_matrix import ConfusionMatrix


def matrix_of(truth: list[int], predicted: list[int], num_classes: int = 3) -> ConfusionMatrix:
    matrix = ConfusionMatrix(num_classes)
    matrix.add(np.array(truth, dtype=np.uint8), np.array(predicted, dtype=np.uint8))
    return matrix


def test_mean_iou_of_a_hand_counted_example() -> None:
    matrix = matrix_of([0, 0, 1, 255], [0, 1, 1, 2])
    # class 0: 1 hit in a union of 2; class 1: 1 in 2; class 2 never occurs; 255 is ignored
    assert matrix.iou().tolist()[:2] == [0.5, 0.5]
    assert np.isnan(matrix.iou()[2])
    assert matrix.mean_iou() == 0.5
    assert matrix.mean_iou_over_all() == pytest.approx(1 / 3)
    assert matrix.pixel_accuracy() == pytest.approx(2 / 3)


def test_a_class_that_is_only_predicted_counts_as_zero() -> None:
    matrix = matrix_of([0, 0], [0, 2])
    # class 0: 1 in 2; class 2: 0 in 1; class 1 never occurs
    assert matrix.mean_iou() == 0.25


def test_a_single_pixel_of_its_true_class_scores_one() -> None:
    matrix = matrix_of([1], [1])
    assert matrix.iou()[1] == 1.0
    assert matrix.pixel_accuracy() == 1.0


def test_counts_of_batches_add_up_where_ratios_would_not() -> None:
    matrix = matrix_of([0, 0, 0, 1], [0, 0, 0, 0])
    matrix.add(np.array([[1]], dtype=np.uint8), np.array([[1]], dtype=np.uint8))
    assert matrix.counts.tolist() == [[3, 0, 0], [1, 1, 0], [0, 0, 0]]
    assert matrix.mean_iou() == pytest.approx((3 / 4 + 1 / 2) / 2)


def test_ids_up_to_253_do_not_overflow() -> None:
    matrix = matrix_of([253], [252], num_classes=254)
    assert matrix.counts[253, 252] == 1


def test_no_labelled_pixel_at_all_scores_zero_without_a_warning() -> None:
    matrix = matrix_of([255], [0])
    assert (matrix.mean_iou(), matrix.pixel_accuracy()) == (0.0, 0.0)


def test_precision_recall_and_dice_of_a_hand_counted_example() -> None:
    matrix = matrix_of([0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1, 1])
    # class 0: 4 hits of 4 predicted and 5 labelled; class 1: 2 of 3 and 2; class 2 is in neither
    assert matrix.precision()[:2].tolist() == [1.0, 2 / 3]
    assert matrix.recall()[:2].tolist() == [4 / 5, 1.0]
    assert matrix.dice()[:2].tolist() == [8 / 9, 4 / 5]
    assert all(np.isnan(scores[2]) for scores in (matrix.precision(), matrix.recall(), matrix.dice()))
    assert matrix.mean_dice() == pytest.approx((8 / 9 + 4 / 5) / 2)


def test_frequency_weighted_iou_counts_a_class_by_its_labelled_pixels() -> None:
    matrix = matrix_of([0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 1, 1])
    assert matrix.frequency_weighted_iou() == pytest.approx((5 * 4 / 5 + 2 * 2 / 3) / 7)
    assert matrix_of([255], [0]).frequency_weighted_iou() == 0.0


def test_the_largest_confusions_are_told_with_their_share_of_the_true_class() -> None:
    matrix = matrix_of([0] * 10 + [1] * 4 + [2] * 2, [0] * 7 + [1] * 3 + [1] * 3 + [2] + [2] * 2)
    first, second = matrix.largest_confusions()
    assert (first.truth, first.predicted, first.pixels, first.share) == (0, 1, 3, 0.3)
    assert (second.truth, second.predicted, second.pixels, second.share) == (1, 2, 1, 0.25)
    assert matrix.largest_confusions(1) == [first]
    assert matrix_of([0, 1], [0, 1]).largest_confusions() == []
