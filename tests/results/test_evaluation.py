"""The scores of a model: what evaluation.json holds, and what people see."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from semseg.errors import PlatformError
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import CROPS, Evaluation
from semseg.results.score_counts import ScoreCounts


def seven_pixels() -> ConfusionMatrix:
    """Seven labelled pixels: class 0 has 4 hits in a union of 5, class 1 has 2 in 3, class 2 never occurs."""
    matrix = ConfusionMatrix(3)
    matrix.add(np.array([0, 0, 0, 0, 0, 1, 1, 255], np.uint8), np.array([0, 0, 0, 0, 1, 1, 1, 2], np.uint8))
    return matrix


def test_the_content_holds_the_scores_of_all_classes() -> None:
    found = Evaluation.of_matrix(
        seven_pixels(), {0: "sky", 2: "pole"}, pictures=1, colours={0: (70, 130, 180)}
    ).content()
    assert found["classes"] == [
        {
            "class": 0,
            "name": "sky",
            "color": "#4682b4",
            "IoU": 4 / 5,
            "precision": 1.0,
            "recall": 4 / 5,
            "dice": 8 / 9,
            "boundary_IoU": None,
            "labelled_pixels": 5,
        },
        {
            "class": 1,
            "IoU": 2 / 3,
            "precision": 2 / 3,
            "recall": 1.0,
            "dice": 4 / 5,
            "boundary_IoU": None,
            "labelled_pixels": 2,
        },
        {
            "class": 2,
            "name": "pole",
            "IoU": None,
            "precision": None,
            "recall": None,
            "dice": None,
            "boundary_IoU": None,
            "labelled_pixels": 0,
        },
    ]
    assert found["confusion_matrix"] == [[4, 1, 0], [0, 2, 0], [0, 0, 0]]
    assert found["mIOU"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert found["mIOU_over_all_classes"] == pytest.approx((4 / 5 + 2 / 3) / 3)
    assert found["pixel_accuracy"] == pytest.approx(6 / 7)
    assert found["frequency_weighted_IoU"] == pytest.approx((5 * 4 / 5 + 2 * 2 / 3) / 7)
    assert found["mean_dice"] == pytest.approx((8 / 9 + 4 / 5) / 2)
    assert (found["scored_on"], found["pictures"]) == ("whole pictures", 1)


def test_an_evaluation_that_was_written_is_read_again(tmp_path: Path) -> None:
    written = Evaluation.of_matrix(seven_pixels(), {1: "road"}, CROPS, 16, {1: (1, 2, 255)})
    written.write(tmp_path / "evaluation.json")
    read = Evaluation.from_file(tmp_path / "evaluation.json")
    assert read.content() == written.content()
    assert (read.names, read.scored_on, read.pictures, read.colours) == ({1: "road"}, "crops", 16, {1: (1, 2, 255)})


def test_a_file_of_an_older_version_has_all_scores(tmp_path: Path) -> None:
    older = {"mIOU": 0.7, "classes": [{"class": 0, "name": "sky"}, {"class": 1}], "confusion_matrix": [[4, 1], [0, 2]]}
    (tmp_path / "evaluation.json").write_text(json.dumps(older))
    read = Evaluation.from_file(tmp_path / "evaluation.json")
    assert read.classes[1].precision == pytest.approx(2 / 3)
    assert (read.names, read.pictures, read.title()) == ({0: "sky"}, None, "whole pictures")


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"classes": [], "confusion_matrix": [[1, 2]]},
        {"classes": [], "confusion_matrix": [[-1]]},
        {"classes": [], "confusion_matrix": [[10**30]]},
        {"classes": [{"class": 0, "color": "#12"}], "confusion_matrix": [[1]]},
        {"classes": [{"class": 0}], "confusion_matrix": "much"},
        {"classes": [{"class": 0}], "confusion_matrix": [[1]], "boundary": {"hits": [1, 2]}},
        {"classes": [{"class": 0}], "confusion_matrix": [[1]], "calibration": {"sums_of_confidences": "much"}},
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: dict[str, object]) -> None:
    (tmp_path / "evaluation.json").write_text(json.dumps(content))
    with pytest.raises(PlatformError, match=r"evaluation\.json cannot be read: it is no evaluation"):
        Evaluation.from_file(tmp_path / "evaluation.json")


def test_a_printed_evaluation_is_a_table() -> None:
    assert str(Evaluation.of_matrix(seven_pixels(), {0: "sky"}, pictures=1)).splitlines() == [
        "Scores of 1 whole picture",
        "class     IoU  precision  recall    Dice  labelled pixels",
        "0 sky  0.8000     1.0000  0.8000  0.8889                5",
        "1      0.6667     0.6667  1.0000  0.8000                2",
        "2           -          -       -       -                0",
        "mIOU 0.7333, pixel accuracy 0.8571, mean Dice 0.8444, frequency-weighted IoU 0.7619",
        "means are over the 2 of 3 classes that occur",
    ]


def counts_of_two_stripes() -> ScoreCounts:
    """A picture of 3 x 4 pixels whose right half is class 1, of which one column is taken for class 0, at 0.75."""
    truth, predicted = np.zeros((2, 3, 4), np.uint8)
    truth[:, 2:] = predicted[:, 3:] = 1
    counts = ScoreCounts(2)
    counts.add(truth, predicted, np.full((3, 4), 0.75, np.float32))
    return counts


def test_contours_and_confidences_have_scores_of_their_own() -> None:
    found = Evaluation.of_counts(counts_of_two_stripes(), {}, {}, "flip", 0.25)
    # near is one pixel: all but the middle row's first column of neither class; column 0 and 3 lie at the edge, 1 and 2
    # beside the contour of the truth. Predicted, the middle row's column 1 is inside of class 0.
    assert [each.boundary_iou for each in found.classes] == [5 / 9, 3 / 6]
    assert found.mean_boundary_iou == pytest.approx((5 / 9 + 1 / 2) / 2)
    assert found.calibration_error == 0  # 9 of 12 right, all as sure as 0.75
    assert str(found).splitlines() == [
        "Scores of 1 whole picture, test-time augmentation flip",
        "class     IoU  precision  recall    Dice  boundary IoU  labelled pixels",
        "0      0.6667     0.6667  1.0000  0.8000        0.5556                6",
        "1      0.5000     1.0000  0.5000  0.6667        0.5000                6",
        "mIOU 0.5833, pixel accuracy 0.7500, mean Dice 0.7333, frequency-weighted IoU 0.5833",
        "mean boundary IoU 0.5278, expected calibration error 0.0000",
        "mIOU 0.2500 without test-time augmentation",
    ]


def test_counts_of_contours_and_confidences_are_read_again(tmp_path: Path) -> None:
    written = Evaluation.of_counts(counts_of_two_stripes(), {}, {}, "flip", 0.25)
    written.write(tmp_path / "evaluation.json")
    read = Evaluation.from_file(tmp_path / "evaluation.json")
    assert read.content() == written.content()
    assert (read.test_time_augmentation, read.plain_mean_iou, read.pictures) == ("flip", 0.25, 1)


def test_confidences_that_are_not_known_have_no_score() -> None:
    counts = ScoreCounts(2)
    counts.add(np.zeros((2, 3), np.uint8), np.zeros((2, 3), np.uint8), None)
    assert Evaluation.of_counts(counts, {}, {}, None).content()["calibration_error"] is None


def test_the_counts_of_two_processes_are_those_of_one() -> None:
    alone, shared = counts_of_two_stripes(), counts_of_two_stripes()
    shared.add_up(lambda array: array + array)
    alone.add_up(lambda array: array)
    assert (alone.pictures, shared.pictures) == (1, 2)
    assert np.array_equal(shared.matrix.counts, 2 * alone.matrix.counts)
    assert np.array_equal(shared.boundary.counts, 2 * alone.boundary.counts)
    assert shared.calibration.error() == alone.calibration.error()


def test_a_notebook_shows_names_as_they_are() -> None:
    shown = Evaluation.of_matrix(seven_pixels(), {0: "<b>sky</b>"})._repr_html_()
    assert "0 &lt;b&gt;sky&lt;/b&gt;" in shown
    assert "<b>sky" not in shown
