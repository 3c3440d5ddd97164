from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.labels.label_map import LabelMap
from semseg.data.listed_label_map import label_map_from, write_label_maps
from semseg.errors import UserError
from tests.data.conftest import REPOSITORY

FIELD = Path(os.environ.get("SEMSEG_TEST_DATA", REPOSITORY.parent / "shared" / "data")) / "field" / "colour-masks"
CVAT = "# label:color_rgb:parts:actions\nbackground:0,0,0::\nhouse:250,50,83::\nsky:70,130,180::\n"


def saved(folder: Path, content: str | bytes) -> Path:
    path = folder / "list.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def refusal_of(source: Path, classes: list[str] | None = None, ignored: list[str] | None = None) -> str:
    with pytest.raises(UserError) as refusal:
        label_map_from(source, classes, ignored)
    return str(refusal.value).replace(f"{source}", "THE LIST")


@pytest.mark.skipif(not FIELD.is_dir(), reason="the colour masks are not here: set SEMSEG_TEST_DATA")
def test_a_real_list_of_cvat_becomes_a_label_map_in_the_wanted_order() -> None:
    assert label_map_from(FIELD / "labelmap.txt", classes=["sky", "building", "other"]) == {
        "colors": {"0": "#4682b4", "1": "#fa3253", "2": "#33ddff", "255": "#000000"},
        "names": {"0": "sky", "1": "building", "2": "other", "255": "background"},
    }


def test_classes_are_numbered_in_the_order_of_the_list_and_what_nobody_labelled_is_ignored(tmp_path: Path) -> None:
    assert label_map_from(saved(tmp_path, CVAT)) == {
        "colors": {"0": "#fa3253", "1": "#4682b4", "255": "#000000"},
        "names": {"0": "house", "1": "sky", "255": "background"},
    }


def test_the_background_of_a_single_label_is_a_class(tmp_path: Path) -> None:
    found = label_map_from(saved(tmp_path, "background:0,0,0::\nhorse:9,9,9::\n"))
    assert found["names"] == {"0": "background", "1": "horse"}


def test_what_is_ignored_can_be_chosen(tmp_path: Path) -> None:
    path = saved(tmp_path, CVAT)
    assert label_map_from(path, ignored=[])["names"] == {"0": "background", "1": "house", "2": "sky"}
    assert label_map_from(path, ignored=["sky", "background"])["colors"] == {
        "0": "#fa3253",
        "255": ["#000000", "#4682b4"],
    }


@pytest.mark.parametrize(
    "content",
    [
        "name,r,g,b\nSky,70,130,180\nHouse, 250, 50, 83\nVoid,0,0,0\n",
        "\ufeffName;R;G;B\r\nSky;70;130;180\r\nHouse;250;50;83\r\nVoid;0;0;0\r\n",
        'r\tg\tb\tclass\n70\t130\t180\tSky\n250\t50\t83\t"House"\n\n0\t0\t0\tVoid',
        "Sky,70,130,180\nHouse,250,50,83\nVoid,0,0,0",
        "70 130 180\tSky\n250 50 83\t\tHouse\n0 0 0 Void\n",
    ],
)
def test_tables_of_names_and_colours_are_read_in_each_form(tmp_path: Path, content: str) -> None:
    assert label_map_from(saved(tmp_path, content)) == {
        "colors": {"0": "#4682b4", "1": "#fa3253", "255": "#000000"},
        "names": {"0": "Sky", "1": "House", "255": "Void"},
    }


def test_a_label_of_several_colours_has_a_list_of_them(tmp_path: Path) -> None:
    found = label_map_from(saved(tmp_path, "name,r,g,b\ncar,1,2,3\ncar,1,2,4\nsky,9,9,9\ncar,1,2,3\n"))
    assert found["colors"] == {"0": ["#010203", "#010204"], "1": "#090909"}


def test_all_wrong_lines_are_told_at_once(tmp_path: Path) -> None:
    assert refusal_of(saved(tmp_path, "# x\na:1,2,3::\nb:::\nc:1,2::\nd:1,2,300::\ne\n")) == (
        "THE LIST must have a name, a text of 1 to 100 printable characters, and a colour of three numbers of 0 to 255 "
        "in each line, got line 3, 'b:::'; line 4, 'c:1,2::'; line 5, 'd:1,2,300::' and 1 more line"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "must list labels and their colours, got no line: write lines of "),
        ("name,r,g,b\n", "must list labels and their colours, got none: write lines of "),
        ("hello\n", "must list labels and their colours, got 'hello': write lines of "),
        (b"\xff\xfea\x00", "must be UTF-8 text, and byte 0 is none: save it as UTF-8"),
        ("a,1,2,3\nb,1,2,3\n", "must give each label its own colour, got 1,2,3 for 'a' and 'b'"),
        ("".join(f"l{n},{n // 256},{n % 256},0\n" for n in range(257)), "must list at most 256 colours, got 257"),
        pytest.param(
            *("a\x00b,1,2,3\nc,1,2,4", "in each line, got line 1, 'a\\x00b,1,2,3'"),
            marks=pytest.mark.skipif(sys.version_info < (3, 11), reason="an earlier csv says so itself: no table"),
        ),
        ('"' + "a" * 200_000, "but it is no table: field larger than field limit (131072)"),
    ],
)
def test_what_is_no_such_list_is_refused(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    assert sentence in refusal_of(saved(tmp_path, content))


def test_a_list_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "gone.txt") == "THE LIST cannot be read: No such file or directory"
    assert refusal_of(saved(tmp_path, b"a" * (2**20 + 1))).startswith("THE LIST cannot be read: ")


def test_labels_that_the_list_has_not_are_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, CVAT)
    assert refusal_of(path, classes=["sea"]) == "THE LIST has no 'sea', it has background, house, sky"
    assert refusal_of(path, ignored=["sea"]) == "THE LIST has no 'sea', it has background, house, sky"
    assert refusal_of(path, classes=["sky", "sky"]) == "classes must name each label once, got sky, sky"
    assert refusal_of(path, ignored=["sky", "house", "background"]) == "THE LIST must lead to 1 to 254 classes, got 0"


def write_masks(folder: Path) -> Path:
    (folder / "masks" / "night").mkdir(parents=True)
    colours = np.array([[70, 130, 180], [250, 50, 83], [0, 0, 0]], np.uint8)
    Image.fromarray(colours[[[0, 1]]]).save(folder / "masks" / "a.png")
    Image.fromarray(colours[[[2, 1]]]).save(folder / "masks" / "night" / "b.png")
    (folder / "masks" / "notes.txt").write_text("")
    return folder / "masks"


def test_the_colours_of_a_folder_of_masks_become_classes_in_rising_order(tmp_path: Path) -> None:
    masks = write_masks(tmp_path)
    assert label_map_from(masks) == {"colors": {"0": "#000000", "1": "#4682b4", "2": "#fa3253"}}
    assert label_map_from(masks, classes=["#fa3253", "70,130,180"]) == {
        "colors": {"0": "#fa3253", "1": "#4682b4", "255": "#000000"}
    }
    assert label_map_from(masks, ignored=["#000"])["colors"] == {"0": "#4682b4", "1": "#fa3253", "255": "#000000"}


def test_a_folder_of_smoothed_masks_or_of_none_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path) == "THE LIST must hold masks, .png files, got none"
    Image.linear_gradient("L").save(tmp_path / "a.png")
    assert "must hold masks of at most 255 colours, got 256 colours, " in refusal_of(tmp_path)


def test_both_label_maps_of_a_channel_are_written_by_one_call(tmp_path: Path) -> None:
    label_map = write_label_maps(saved(tmp_path, CVAT), tmp_path / "channels" / "label_map")
    for half in ("train", "validation"):
        path = tmp_path / "channels" / "label_map" / f"{half}_label_map.json"
        assert json.loads(path.read_text()) == label_map
        assert LabelMap.read(path).names == {0: "house", 1: "sky", 255: "background"}
