from __future__ import annotations

import json

import pytest

from semseg.contract.class_names import with_name
from semseg.data.labels.class_names import name_findings
from semseg.data.labels.label_map import LabelMap
from semseg.errors import ChannelError


def refusal_of(names: object) -> str:
    with pytest.raises(ChannelError) as refusal:
        LabelMap.from_json(json.dumps({"names": names}))
    return str(refusal.value)


@pytest.mark.parametrize("names", [{"0": "sky", "1": " pole "}, ["sky", "pole"]])
@pytest.mark.parametrize("meaning", [{"scale": 1}, {"map": {"0": 0, "1": 9}}, {"colors": {"0": "#000"}}, {}])
def test_names_stand_beside_each_form_of_a_label_map_or_alone(names: object, meaning: dict[str, object]) -> None:
    assert LabelMap.from_json(json.dumps({**meaning, "names": names})).names == {0: "sky", 1: "pole"}


def test_names_alone_leave_pixel_values_as_they_are_and_stand_in_the_table() -> None:
    label_map = LabelMap.from_json('{"names": {"1": "pole", "255": "void"}}')
    assert label_map.is_identity
    assert label_map.table_lines(num_classes=3) == [
        "pixel 0 -> the class of the same number",
        "pixel 1 -> class 1 (pole)",
        "pixel 2 -> the class of the same number",
        "pixel 3..254 -> not below num_classes 3: refused",
        "pixel 255 -> ignore (void)",
    ]


def test_a_class_is_shown_with_its_name_where_it_has_one() -> None:
    assert [with_name(label, {3: "pole"}) for label in (3, 4)] == ["class 3 (pole)", "class 4"]


@pytest.mark.parametrize("value", ["", " ", "a\nb", "x" * 101, 5, None, ["sky"]])
def test_what_is_no_name_is_refused(value: object) -> None:
    shown = repr(value) if len(repr(value)) <= 80 else f"{repr(value)[:80]}..."
    assert refusal_of({"0": "sky", "1": value}) == (
        f"the label map: the name of class 1 must be a text of 1 to 100 printable characters, got {shown}"
    )


@pytest.mark.parametrize("labels", [(0, 1), ("0", "1")])
def test_names_the_wrong_way_round_are_refused_with_the_right_ones(labels: tuple[object, object]) -> None:
    assert refusal_of(dict(zip(("sky", "pole"), labels))) == (
        "the label map: names must have classes as keys and their names as values: "
        'write {"names": {"0": "sky", "1": "pole"}}'
    )


@pytest.mark.parametrize("names", [{}, [], "sky", 3])
def test_names_without_entries_are_refused(names: object) -> None:
    assert refusal_of(names) == (f'the label map: names must be an object like {{"<class>": "<name>"}}, got {names!r}')


def test_the_exchange_of_a_label_map_the_wrong_way_round_keeps_its_names() -> None:
    label_map = LabelMap.from_json('{"map": {"7": 0, "9": 1}, "names": ["sky", "pole"]}')
    turned = label_map.turned_round()
    assert turned is not None
    assert turned.description == {"map": {"0": 7, "1": 9}, "names": ["sky", "pole"]}


def test_names_of_training_and_validation_that_disagree_are_a_warning() -> None:
    [finding] = name_findings({0: "sky", 1: "pole", 2: "road"}, {0: "sky", 1: "road", 2: "pole"}, 3)
    assert (finding.level, finding.cause) == ("warned", "class-names")
    assert finding.sentence == (
        "train_label_map.json and validation_label_map.json must name classes alike, or a class is scored as another "
        "than it was trained as: they call class 1 'pole' and 'road', class 2 'road' and 'pole'"
    )


def test_names_in_one_of_the_two_label_maps_are_no_disagreement() -> None:
    assert name_findings({0: "sky"}, {}, 2) == []
    assert name_findings({0: "sky"}, {1: "pole", 255: "void"}, 2) == []


def test_a_name_beyond_num_classes_is_a_warning() -> None:
    [finding] = name_findings({0: "sky", 3: "pole"}, {}, 3)
    assert finding.sentence == (
        "the label map names class 3 (pole), but with num_classes 3 classes run from 0 to 2: raise num_classes, or "
        "leave this name out"
    )
