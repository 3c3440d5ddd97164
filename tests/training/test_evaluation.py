from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.training.batches import Batch
from semseg.training.evaluation import Scored, report, score_crops, score_pictures, table
from tests.prediction.fake_network import BrightnessNetwork, half_bright


@pytest.fixture
def matrix() -> ConfusionMatrix:
    """Seven labelled pixels: class 0 has 4 hits in a union of 5, class 1 has 2 in 3, class 2 never occurs."""
    matrix = ConfusionMatrix(3)
    matrix.add(np.array([0, 0, 0, 0, 0, 1, 1, 255], np.uint8), np.array([0, 0, 0, 0, 1, 1, 1, 2], np.uint8))
    return matrix


def test_crops_of_any_shape_are_scored_and_counted() -> None:
    masks = np.zeros((2, 4, 6), np.uint8)
    masks[:, 0] = 1  # of the six pixels of the first row, three are bright
    seen: list[Scored] = []
    matrix = score_crops(BrightnessNetwork(), [Batch(np.stack([half_bright(4, 6)] * 2), masks, 2)], seen.append)
    assert matrix.counts.tolist() == [[18, 18], [6, 6]]
    (scored,) = seen
    assert (scored.name, scored.samples, scored.counts.tolist()) == ("", 2, [[18, 18], [6, 6]])
    assert (scored.images[0] == half_bright(4, 6)).all()
    assert (scored.truths[1] == masks[1]).all()
    assert scored.predicted[1].tolist() == [[0, 0, 0, 1, 1, 1]] * 4


class ThreePictures:
    """Three pictures of 40 x 60 pixels, bright on their right half; every pixel is of class 1."""

    def one_pass(self) -> Iterator[int]:
        return iter(range(3))

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        return half_bright(40, 60), np.ones((40, 60), np.uint8)


def test_pictures_are_scored_whole_and_counted_one_by_one() -> None:
    seen: list[Scored] = []
    pictures = ThreePictures()
    matrix = score_pictures(BrightnessNetwork(), pictures, 60, 0, seen.append, name_of=lambda place: f"{place}.png")
    assert matrix.counts.tolist() == [[0, 0], [3600, 3600]]
    assert [scored.name for scored in seen] == ["0.png", "1.png", "2.png"]
    assert [scored.counts.tolist() for scored in seen] == [[[0, 0], [1200, 1200]]] * 3


def test_a_report_holds_the_scores_of_all_classes(matrix: ConfusionMatrix) -> None:
    found = report(matrix)
    assert found["classes"] == [
        {"class": 0, "IoU": 4 / 5, "labelled_pixels": 5},
        {"class": 1, "IoU": 2 / 3, "labelled_pixels": 2},
        {"class": 2, "IoU": None, "labelled_pixels": 0},
    ]
    assert found["confusion_matrix"] == [[4, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert found["mIOU"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert found["mIOU_over_all_classes"] == pytest.approx((4 / 5 + 2 / 3) / 3)
    assert found["pixel_accuracy"] == pytest.approx(6 / 7)


def test_a_table_has_a_line_for_each_class_and_one_for_all(matrix: ConfusionMatrix) -> None:
    assert table(matrix) == [
        "class     IoU  labelled pixels",
        "    0  0.8000                5",
        "    1  0.6667                2",
        "    2       -                0",
        " mIOU  0.7333                7",
    ]


def test_classes_with_a_name_are_reported_and_shown_with_it(matrix: ConfusionMatrix) -> None:
    names = {0: "sky", 2: "pole"}
    assert report(matrix, names)["classes"] == [
        {"class": 0, "name": "sky", "IoU": 4 / 5, "labelled_pixels": 5},
        {"class": 1, "IoU": 2 / 3, "labelled_pixels": 2},
        {"class": 2, "name": "pole", "IoU": None, "labelled_pixels": 0},
    ]
    assert table(matrix, names)[1:4] == [
        "    0  0.8000                5  sky",
        "    1  0.6667                2",
        "    2       -                0  pole",
    ]
