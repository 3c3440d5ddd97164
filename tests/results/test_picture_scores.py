"""per_picture.csv: a row for each picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.errors import PlatformError
from semseg.results.picture_scores import PictureScore, PictureScoresFile, read_picture_scores

TRUTH = np.array([[0, 0, 1, 255]], np.uint8)
PREDICTED = np.array([[0, 1, 1, 2]], np.uint8)


def test_a_picture_is_scored_by_its_labelled_pixels() -> None:
    score = PictureScore.of_masks("a.png", TRUTH, PREDICTED, 3)
    # three labelled pixels, one wrong; class 0: 1 in 2; class 1: 1 in 2; class 2 is predicted in an ignored pixel alone
    assert (score.labelled_pixels, score.wrong_pixels, score.class_iou) == (3, 1, (0.5, 0.5, None))
    assert (score.pixel_accuracy, score.mean_iou, score.wrong_share) == (2 / 3, 0.5, 1 / 3)


def test_a_picture_without_labelled_pixels_has_no_scores() -> None:
    score = PictureScore.of_masks("a.png", np.full((2, 2), 255, np.uint8), np.zeros((2, 2), np.uint8), 2)
    assert score == PictureScore("a.png", 0, 0, None, None, (None, None))


def test_rows_are_written_as_they_come_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "data" / "per_picture.csv"
    scores = [
        PictureScore("street, 1.png", 3, 1, 0.25, 0.5, (0.5, None)),
        PictureScore("not-utf8-\udcff.png", 0, 0, None, None, (None, None)),
    ]
    with PictureScoresFile(path, {0: "sky"}, 2) as file:
        for score in scores:
            file.add(score)
        assert not path.exists()
    assert list(read_picture_scores(path)) == scores
    assert path.read_bytes().splitlines()[:2] == [
        b"picture,labelled_pixels,wrong_pixels,pixel_accuracy,mIOU,IoU 0 sky,IoU 1",
        b'"street, 1.png",3,1,0.25,0.5,0.5,',
    ]


def test_nothing_is_left_of_a_scoring_that_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), PictureScoresFile(tmp_path / "per_picture.csv", {}, 2):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "per_picture.csv").write_text("picture,labelled_pixels,wrong_pixels,pixel_accuracy,mIOU\na,1,x,0,0\n")
    with pytest.raises(
        PlatformError, match=r"per_picture\.csv cannot be read: 'x' stands where a whole number must be"
    ):
        list(read_picture_scores(tmp_path / "per_picture.csv"))
