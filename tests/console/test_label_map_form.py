"""A label map as a form, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from semseg.console.label_map_form import LabelRow, description_of, proposed, rows_of, write_label_map
from semseg.data.labels.label_map import LabelMap
from semseg.errors import UserError


def form(*rows: tuple[str, str, str]) -> dict[str, list[str]]:
    labels, pixels, names = zip(*rows)
    return {"label": list(labels), "pixels": list(pixels), "name": list(names)}


def as_form(rows: list[LabelRow]) -> dict[str, list[str]]:
    return form(*((str(row.label), row.pixels, row.name) for row in rows))


@pytest.mark.parametrize(
    "description",
    [
        {"map": {"0": 0, "1": [7, 9], "255": 80}, "names": {"0": "sky"}},
        {"colors": {"0": "#4682b4", "1": ["#000000", "#fa3253"]}, "names": {"1": "car"}},
        {"names": {"0": "background", "1": "horse"}},
    ],
)
def test_a_label_map_comes_back_from_its_form_as_it_was(description: dict[str, Any]) -> None:
    rows = rows_of(LabelMap.from_description(description, "the label map"), [0, 1])
    assert description_of(as_form(rows)) == description


def test_without_a_label_map_each_class_has_its_value() -> None:
    assert rows_of(LabelMap.identity(), [0, 1, 255]) == [
        LabelRow(0, "0", ""),
        LabelRow(1, "1", ""),
        LabelRow(255, "255", ""),
    ]


def test_a_scale_is_shown_as_the_values_that_it_means() -> None:
    rows = rows_of(LabelMap.from_description({"scale": 10}, "the label map"), [0, 1, 2])
    assert [row.pixels for row in rows] == ["0", "10", "20"]
    assert description_of(as_form(rows)) == {"map": {"0": 0, "1": 10, "2": 20}}


def test_a_row_without_pixels_is_left_out() -> None:
    assert description_of(form(("0", "0", "a"), ("1", "255", "b"), ("2", " ", "c"))) == {
        "map": {"0": 0, "1": 255},
        "names": {"0": "a", "1": "b"},
    }


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("0", "", "")], "must give at least one class its pixels"),
        ([("0", "0", ""), ("1", "1", "")], "says nothing"),
        ([("0", "0", ""), ("0", "1", "")], "class 0 must have one row, got several"),
        ([("256", "0", "")], "a class must be a number of 0 to 255, got '256'"),
        ([("x", "0", "")], "a class must be a number of 0 to 255, got 'x'"),
        ([("0", "red", "")], "the pixels of class 0 must be values of 0 to 255, or all colours, got 'red'"),
        ([("0", "#12345", "")], 'must be colours such as "#4682b4"'),
        ([("0", "#123456", ""), ("1", "7", "")], "the pixels of class 1 must be colours such as \"#4682b4\", got '7'"),
        ([("0", "1", ""), ("1", "1", "")], "pixel value 1 is given to class 0 and to class 1"),
        ([("0", "1", "a\tb")], "the name of class 0 must be"),
    ],
)
def test_what_is_no_label_map_is_told(rows: list[tuple[str, str, str]], sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        description_of(form(*rows))
    assert sentence in str(refused.value)


def test_a_form_whose_columns_differ_is_told() -> None:
    with pytest.raises(UserError, match="as many classes as names"):
        description_of({"label": ["0"], "pixels": [], "name": []})


def test_black_and_white_masks_are_told_apart_from_masks_of_classes() -> None:
    found = proposed([0, 255], 2)
    assert found is not None
    assert found.title == "These look like black-and-white masks"
    assert found.rows == (LabelRow(0, "0", ""), LabelRow(1, "255", ""))
    assert proposed([0, 1, 2], 3) is None
    assert proposed([], 2) is None


def test_masks_of_grey_levels_get_a_class_for_each() -> None:
    found = proposed([0, 100, 200], 3)
    assert found is not None
    assert found.title == "The masks hold the values 0, 100 and 200"
    assert [row.pixels for row in found.rows] == ["0", "100", "200"]


def test_a_label_map_is_written_for_both_halves_and_read_by_a_job(tmp_path: Path) -> None:
    write_label_map(tmp_path, {"map": {"0": 0, "1": 255}})
    for half in ("train", "validation"):
        assert json.loads((tmp_path / f"label_map/{half}_label_map.json").read_text()) == {"map": {"0": 0, "1": 255}}
        assert LabelMap.read_in(tmp_path / "label_map", half) is not None


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "label_map").write_text("a file")
    with pytest.raises(UserError, match=r"the label map belongs into .*label_map, which cannot be written to"):
        write_label_map(tmp_path, {"map": {"0": 0}})
