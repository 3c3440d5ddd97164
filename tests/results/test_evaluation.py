"""The scores of a model: what evaluation.json holds, and what people see."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from semseg.errors import PlatformError
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import CROPS, Evaluation


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
            "labelled_pixels": 5,
        },
        {"class": 1, "IoU": 2 / 3, "precision": 2 / 3, "recall": 1.0, "dice": 4 / 5, "labelled_pixels": 2},
        {
            "class": 2,
            "name": "pole",
            "IoU": None,
            "precision": None,
            "recall": None,
            "dice": None,
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
    ]


def test_a_notebook_shows_names_as_they_are() -> None:
    shown = Evaluation.of_matrix(seven_pixels(), {0: "<b>sky</b>"})._repr_html_()
    assert "0 &lt;b&gt;sky&lt;/b&gt;" in shown
    assert "<b>sky" not in shown
