from __future__ import annotations

import json

import pytest

from semseg.data.labels.label_map import LabelMap
from semseg.errors import ChannelError


def refusal_of(document: object) -> str:
    with pytest.raises(ChannelError) as refusal:
        LabelMap.from_json(document if isinstance(document, str) else json.dumps(document))
    return str(refusal.value)


def entries_of(document: object) -> list[tuple[tuple[int, int, int], int]]:
    colours = LabelMap.from_json(json.dumps(document)).colours
    assert colours is not None
    return list(colours.entries)


@pytest.mark.parametrize(
    "value",
    ["#fa3253", "#FA3253", "fa3253", [250, 50, 83], "250,50,83", "250, 50, 83", "(250, 50, 83)", "rgb(250, 50, 83)"],
)
def test_a_colour_is_read_in_each_form_that_people_write(value: object) -> None:
    assert entries_of({"colors": {"3": value}}) == [((250, 50, 83), 3)]


def test_a_short_colour_doubles_its_digits_and_a_name_of_css_is_a_colour() -> None:
    assert entries_of({"colors": {"0": "#f09", "1": "red"}}) == [((255, 0, 153), 0), ((255, 0, 0), 1)]


def test_a_class_may_have_several_colours_and_255_is_ignore() -> None:
    assert entries_of({"colors": {"255": ["#000", [1, 2, 3]], "0": [["1,1,1"], "#020202"][1:]}}) == [
        ((2, 2, 2), 0),
        ((0, 0, 0), 255),
        ((1, 2, 3), 255),
    ]


def test_a_list_of_colours_gives_the_first_one_to_class_0() -> None:
    assert entries_of({"colors": ["#000000", [0, 0, 9]]}) == [((0, 0, 0), 0), ((0, 0, 9), 1)]


@pytest.mark.parametrize(
    "value", ["#12345", "blau", "#11223344", [1, 2], [1, 2, 256], [0.5, 0, 0], [1, 2, 3, 4], 7, None, {}, [], "300,0,0"]
)
def test_what_is_no_colour_is_refused(value: object) -> None:
    assert refusal_of({"colors": {"4": value}}) == (
        'the label map: the colour of class 4 must be "#rrggbb" or [red, green, blue] of 0 to 255, without alpha, '
        f"got {value!r}"
    )


@pytest.mark.parametrize("key", ["254", "256", "-1", "1.0"])
def test_a_class_of_colours_that_no_job_can_have_is_refused(key: str) -> None:
    assert "a class (a key of colors) must be an integer of 0 to 25" in refusal_of({"colors": {key: "#000000"}})


def test_a_colour_of_two_classes_is_refused() -> None:
    assert refusal_of({"colors": {"0": "#010203", "1": ["#000000", [1, 2, 3]]}}) == (
        "the label map: colour #010203 is given to class 0 and to class 1, and can be one class only "
        "(each key of colors is a class)"
    )


@pytest.mark.parametrize("entries", [{}, [], 5, None])
def test_colours_without_entries_are_refused(entries: object) -> None:
    assert refusal_of({"colors": entries}) == (
        f'the label map: colors must be an object like {{"<class>": "#rrggbb"}}, got {entries!r}'
    )


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"#4682b4": 0, "250,50,83": 1, "#fa3254": 1}, {"colors": {"0": "#4682b4", "1": ["#fa3253", "#fa3254"]}}),
        ({"#4682b4": "1", "#000": "255"}, {"colors": {"1": "#4682b4", "255": "#000000"}}),
        (
            {"#4682b4": "sky", "#fa3253": "house", "#fa3254": "house"},
            {"colors": {"0": "#4682b4", "1": ["#fa3253", "#fa3254"]}, "names": {"0": "sky", "1": "house"}},
        ),
        ({"sky": "#4682b4", "tan": [1, 2, 3]}, {"colors": {"0": "#4682b4", "1": [1, 2, 3]}, "names": ["sky", "tan"]}),
    ],
)
def test_colours_the_wrong_way_round_are_refused_with_the_right_label_map(
    wrong: dict[str, object], right: dict[str, object]
) -> None:
    start = "the label map: colors must have classes as keys and their colours as values: write "
    sentence = refusal_of({"colors": wrong})
    assert sentence.startswith(start)
    told = json.loads(sentence.removeprefix(start))
    if isinstance(right.get("names"), list):
        right = {**right, "names": {"0": "sky", "1": "tan"}}
    assert told == right
    assert LabelMap.from_json(json.dumps(told)).colours is not None


@pytest.mark.parametrize(
    ("entries", "right"),
    [
        ({"0": "#4682b4"}, '{"colors": {"0": "#4682b4"}}'),
        ({"0": [[70, 130, 180]], "1": [7]}, '{"colors": {"0": [[70, 130, 180]], "1": [7]}}'),
        ({"70,130,180": 0}, '{"colors": {"0": "#4682b4"}}'),
    ],
)
def test_colours_under_map_are_refused_with_the_key_that_they_belong_under(
    entries: dict[str, object], right: str
) -> None:
    assert refusal_of({"map": entries}) == (
        "the label map: map must have classes as keys and pixel values of 0 to 255 as values, got colours: "
        f"write {right}"
    )


def test_map_and_colours_together_are_refused() -> None:
    assert refusal_of({"map": {"0": 1}, "colors": {"0": "#fff"}, "names": ["a"]}).startswith(
        "the label map must hold one of scale, map, colors, got map and colors: write {"
    )


def test_a_key_that_is_there_twice_is_refused() -> None:
    assert refusal_of('{"map": {"0": 1, "1": 2, "1": 3}}') == (
        "the label map must have each key once, got '1' twice: give several pixel values or colours of one class in a "
        "list"
    )


def test_the_table_of_colours_has_a_line_for_each() -> None:
    document = {"colors": {"0": "#4682b4", "1": "#fa3253", "7": "#010101", "255": "#000"}, "names": {"1": "house"}}
    assert LabelMap.from_json(json.dumps(document)).table_lines(num_classes=3) == [
        "colour #4682b4 -> class 0",
        "colour #fa3253 -> class 1 (house)",
        "colour #010101 -> not below num_classes 3: refused",
        "colour #000000 -> ignore",
        "any other colour -> unknown: refused",
    ]


def test_a_map_of_colours_leaves_the_classes_of_its_colours_as_they_are() -> None:
    label_map = LabelMap.from_json('{"colors": {"0": "#000001", "2": "#000002", "255": "#000003"}}')
    assert label_map.classes(3) == [0, 2]
    assert not label_map.is_identity
    assert label_map.shown_values([0]) == "colour #000001"
    assert label_map.shown_values([0, 2]) == "colours #000001 and #000002"
    assert LabelMap.identity().shown_values([0, 2]) == "pixel values 0 and 2"


def test_classes_are_drawn_in_the_colours_of_the_label_map() -> None:
    of_colours = LabelMap.from_json('{"colors": {"0": "#000000", "2": ["#0000ff", "#00ff00"], "255": "#ffffff"}}')
    assert of_colours.class_colours() == {0: (0, 0, 0), 2: (0, 255, 0)}  # one of several
    assert LabelMap.identity().class_colours() == {}
