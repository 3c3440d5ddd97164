from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.mask_conversion import convert_masks
from semseg.data.pictures.image_files import read_mask
from semseg.errors import ChannelError, UserError

COLOURS = np.array([[70, 130, 180], [250, 50, 83], [0, 0, 0]], np.uint8)
LABEL_MAP = {"colors": {0: "#4682b4", 1: "#fa3253", 255: (0, 0, 0)}, "names": ["sky", "house"]}


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    folder = tmp_path / "masks"
    (folder / "night").mkdir(parents=True)
    Image.fromarray(COLOURS[[[0, 1], [2, 1]]]).save(folder / "a.png")
    Image.fromarray(COLOURS[[[2, 0]]]).convert("RGBA").save(folder / "night" / "b.PNG")
    return folder


def test_masks_of_colours_become_masks_of_class_ids(masks: Path, tmp_path: Path) -> None:
    assert convert_masks(masks, tmp_path / "new" / "ids", LABEL_MAP) == 2
    assert read_mask(tmp_path / "new" / "ids" / "a.png").tolist() == [[0, 1], [255, 1]]
    assert read_mask(tmp_path / "new" / "ids" / "night" / "b.png").tolist() == [[255, 0]]
    with Image.open(tmp_path / "new" / "ids" / "a.png") as written:
        assert written.mode == "L"


def test_masks_of_several_values_for_a_class_are_converted_with_the_label_map_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    Image.fromarray(np.array([[7, 8, 11, 255]], np.uint8)).save(tmp_path / "masks" / "a.png")
    (tmp_path / "map.json").write_text(json.dumps({"map": {"0": [7, 8], "1": 11}}))
    assert convert_masks(tmp_path / "masks", tmp_path / "ids", tmp_path / "map.json") == 1
    assert read_mask(tmp_path / "ids" / "a.png").tolist() == [[0, 0, 1, 255]]


def test_nothing_is_written_where_one_mask_cannot_be_converted(masks: Path, tmp_path: Path) -> None:
    Image.fromarray(np.array([[[1, 2, 3]]], np.uint8)).save(masks / "c.png")
    (masks / "d.png").write_bytes(b"")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ChannelError) as refusal:
        convert_masks(masks, tmp_path / "ids", LABEL_MAP)
    assert "hold 1 colour that the label map does not name" in str(refusal.value)
    assert f"{masks / 'd.png'} is empty" in str(refusal.value)
    assert sorted(tmp_path.iterdir()) == before


def test_a_value_that_the_label_map_does_not_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    Image.fromarray(np.array([[0, 9]], np.uint8)).save(tmp_path / "masks" / "a.png")
    with pytest.raises(ChannelError, match=r"a\.png holds pixel value 9, which the label map does not name"):
        convert_masks(tmp_path / "masks", tmp_path / "ids", {"map": {"0": 0}})


def test_a_folder_with_something_in_it_is_left_alone(masks: Path, tmp_path: Path) -> None:
    for target in (masks, masks / "a.png"):
        with pytest.raises(UserError, match=r"must be a new or an empty folder, and there is something$"):
            convert_masks(masks, target, LABEL_MAP)
    with pytest.raises(UserError, match=r"must hold masks, \.png files, got none$"):
        convert_masks(tmp_path / "nothing", tmp_path / "ids", LABEL_MAP)
