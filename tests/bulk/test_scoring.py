"""Labelled pictures become scores and a report, by numbers that are counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.bulk.labelled import checked_samples
from semseg.bulk.scoring import Scoring
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.picture_reading import AS_STORED
from semseg.errors import ChannelError, PlatformError
from semseg.results.picture_scores import read_picture_scores
from tests.bulk.red_answers import RedAnswers

FILES = ["confusion_matrix.png", "evaluation.json", "per_picture.csv", "report.html", "worst.png"]


def write_pair(folder: Path, name: str, red_columns: int, true_columns: int) -> None:
    """A picture of 4 x 10 pixels whose first columns are red, and a mask whose first columns are class 1.

    The mask's last column is ignored.
    """
    image, mask = np.full((4, 10, 3), 90, np.uint8), np.zeros((4, 10), np.uint8)
    image[:, :red_columns] = (250, 0, 0)
    mask[:, :true_columns] = 1
    mask[:, 9] = 255
    for channel, pixels in {"validation": image, "validation_annotation": mask}.items():
        (folder / channel).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / channel / f"{name}.png")


def scoring(folder: Path, num_classes: int = 2) -> Scoring:
    """The scoring of the pictures in a folder."""
    label_map = LabelMap.from_json('{"names": {"0": "grey", "1": "label map\'s red"}}')
    pair = (folder / "validation", folder / "validation_annotation")
    dataset = checked_samples(pair, "validation", label_map, num_classes, AS_STORED)
    return Scoring(dataset, RedAnswers(), {1: "red"})


def test_the_scores_are_those_of_all_pixels(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", red_columns=4, true_columns=4)
    write_pair(tmp_path, "b", red_columns=4, true_columns=6)
    moves: list[tuple[int, int]] = []
    scoring(tmp_path).run(tmp_path / "out", "street-1", lambda done, total: moves.append((done, total)))
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    # a: 16 pixels of class 1 and 20 of class 0, all right; b: 24 of class 1, of which 8 are taken for 0, and 12 of 0
    assert found["confusion_matrix"] == [[32, 0], [8, 32]]
    assert [(each["name"], each["IoU"]) for each in found["classes"]] == [("grey", 32 / 40), ("red", 32 / 40)]
    assert found["pictures"] == 2
    assert found["test_time_augmentation"] == "flip"
    # 64 of 72 pixels are right, and RedAnswers are as sure as 0.75 of each of them
    assert found["calibration_error"] == pytest.approx(64 / 72 - 0.75)
    # near is one pixel. In a, whose mask is right, class 1 has columns 0 and 3 and the ends of 1 and 2: 12 pixels. In b
    # the truth has columns 0 and 5 and the ends of 1 to 4, 16 pixels; the prediction is that of a, and both have 10.
    assert found["classes"][1]["boundary_IoU"] == (12 + 10) / (12 + 12 + 16 + 12 - 12 - 10)
    rows = list(read_picture_scores(tmp_path / "out" / "per_picture.csv"))
    assert [(row.name, row.labelled_pixels, row.wrong_pixels) for row in rows] == [("a.png", 36, 0), ("b.png", 36, 8)]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == FILES
    report = (tmp_path / "out" / "report.html").read_text()
    assert "street-1" in report
    assert "b.png" in report
    assert moves == [(0, 2), (1, 2), (2, 2)]


def test_all_that_is_wrong_with_the_data_is_told_before_a_picture_is_scored(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", red_columns=4, true_columns=4)
    (tmp_path / "validation" / "b.png").write_bytes(b"")
    (tmp_path / "validation_annotation" / "a.png").rename(tmp_path / "validation_annotation" / "c.png")
    with pytest.raises(ChannelError) as refusal:
        scoring(tmp_path)
    assert "validation/b.png" in str(refusal.value)
    assert "validation_annotation/c.png" in str(refusal.value)


def test_a_class_that_the_model_does_not_have_ends_the_scoring(tmp_path: Path) -> None:
    write_pair(tmp_path, "a", red_columns=4, true_columns=0)
    with pytest.raises(PlatformError, match=r"a mask must have classes below 1, got 1 for a\.png"):
        scoring(tmp_path, num_classes=1).run(tmp_path / "out", "street-1", lambda done, total: None)
    assert [path.name for path in (tmp_path / "out").iterdir()] == []
