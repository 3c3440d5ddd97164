"""check, split, convert and show, on small drawn pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.command_line.program import semseg, semseg_here
from tests.conversion.annotation_files import write_mask, write_pictures
from tests.endtoend import write_channels

NAMES = ("a", "b", "c", "d", "e")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with the channels of a job: four samples for training, three for validation."""
    write_channels(tmp_path / "data")
    return tmp_path / "data"


def labelme(folder: Path) -> Path:
    """Five pictures of 8 x 6 pixels, each with a rectangle of the class cat over its left half."""
    write_pictures(folder, [f"{name}.png" for name in NAMES])
    for name in NAMES:
        shape = {"label": "cat", "shape_type": "rectangle", "points": [[0, 0], [3, 5]]}
        content = {"imagePath": f"{name}.png", "imageHeight": 6, "imageWidth": 8, "shapes": [shape]}
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def test_a_data_set_is_checked_and_the_next_command_trains_on_it(data: Path, tmp_path: Path) -> None:
    ended = semseg_here(tmp_path, "check", data)
    assert ended.lines[0].startswith("train:      4 samples")
    assert ended.lines[-1] == "Nothing stands in the way of a job."
    told = ended.err.replace("\\\n ", "").split()
    assert told[:9] == f"Next: semseg train {data} --num-classes 3 --base-size 48 --crop-size".split()


def test_the_check_of_a_data_set_is_json_with_a_page_beside_it(data: Path, tmp_path: Path) -> None:
    ended = semseg(tmp_path, "check", data, "--json", "--html", tmp_path / "check.html")
    found = ended.json
    assert found["is_refused"] is False
    assert found["suggestion"]["num_classes"] == 3
    assert found["channels"]["train"]["samples"] == 4
    assert [each["number"] for each in found["classes"]] == [0, 1, 2]
    page = (tmp_path / "check.html").read_text()
    assert page.count("data:image/jpeg;base64,") == 2
    assert "4 samples in train" in page
    assert "semseg train" in page
    assert "http" not in page.replace("http-equiv", "")
    assert f"Page: {tmp_path / 'check.html'}\n" in ended.err


def test_a_data_set_that_a_job_would_refuse_ends_the_check_with_1(data: Path, tmp_path: Path) -> None:
    Image.new("L", (5, 5)).save(data / "train_annotation" / "square_0.png")  # its picture has 40 x 32 pixels
    ended = semseg_here(tmp_path, "check", data, "--html", tmp_path / "check.html", code=1)
    assert "A job would be refused:" in ended.out
    assert "Next" not in ended.err
    page = (tmp_path / "check.html").read_text()
    assert "A job would be refused." in page
    assert page.count("data:image/jpeg;base64,") == 1  # of validation


def test_a_folder_without_channels_is_refused_in_one_sentence(tmp_path: Path) -> None:
    ended = semseg_here(tmp_path, "check", tmp_path, code=1)
    assert ended.err.count("\n") == 1
    assert "must hold the folders train, train_annotation" in ended.err


def test_pictures_and_masks_of_two_folders_are_split(tmp_path: Path) -> None:
    write_pictures(tmp_path / "images", [f"{name}.png" for name in NAMES])
    for name in NAMES:
        write_mask(tmp_path / "masks" / f"{name}.png", np.tile([0, 1], (6, 4)))
    given = (tmp_path / "images", tmp_path / "masks", "-o", tmp_path / "data")
    ended = semseg(tmp_path, "split", *given, "--validation", "0.4", "--json")
    assert (ended.json["training"]["count"], ended.json["validation"]["count"]) == (3, 2)
    assert ended.json["num_classes"] == 2
    assert ended.err == f"Next: semseg check {tmp_path / 'data'}\n"
    assert len(list((tmp_path / "data" / "train").iterdir())) == 3
    again = semseg_here(tmp_path, "split", *given, code=1)
    assert again.err.startswith("semseg: ")


def test_masks_beside_their_pictures_are_split_by_a_list_of_names(tmp_path: Path) -> None:
    write_pictures(tmp_path / "all", [f"{name}.jpg" for name in NAMES])
    for name in NAMES:
        write_mask(tmp_path / "all" / f"{name}_mask.png", np.tile([0, 1], (6, 4)))
    (tmp_path / "names.txt").write_text("b\n\nd\n")
    semseg_here(tmp_path, "split", tmp_path / "all", "-o", tmp_path / "data", "--validation", tmp_path / "names.txt")
    assert sorted(path.name for path in (tmp_path / "data" / "validation").iterdir()) == ["b.jpg", "d.jpg"]


def test_a_part_for_validation_that_is_neither_a_share_nor_a_file_is_a_matter_of_usage(tmp_path: Path) -> None:
    ended = semseg_here(tmp_path, "split", tmp_path, "-o", tmp_path / "data", "--validation", "some", code=2)
    assert "must be a share such as 0.2, or a file with a name on each line, got 'some'" in ended.err


def test_annotations_of_labelme_become_the_folders_of_a_job(tmp_path: Path) -> None:
    ended = semseg(tmp_path, "convert", "labelme", labelme(tmp_path / "labelled"), "-o", tmp_path / "data")
    assert ended.lines[0] == f"{tmp_path / 'data'}: 4 pictures for training, 1 for validation, 2 classes"
    assert ended.err == f"Next: semseg check {tmp_path / 'data'}\n"
    names = json.loads((tmp_path / "data" / "label_map" / "train_label_map.json").read_text())["names"]
    assert names == {"0": "background", "1": "cat"}


def test_coco_is_refused_without_the_folder_of_its_pictures(tmp_path: Path) -> None:
    (tmp_path / "instances.json").write_text("{}")
    ended = semseg_here(tmp_path, "convert", "coco", tmp_path / "instances.json", "-o", tmp_path / "data", code=2)
    assert "coco needs --images, the folder of the pictures" in ended.err


def test_pictures_of_a_data_set_are_shown(data: Path, tmp_path: Path) -> None:
    ended = semseg(tmp_path, "show", data, "-o", tmp_path / "sheet.png", "--count", "2", "--json")
    assert ended.json == {"Picture": str(tmp_path / "sheet.png")}
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 2 * 360
