from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from semseg.data.labels.label_map import LabelMap
from semseg.errors import ChannelError


def refusal_of(document: object, name: str = "the label map") -> str:
    with pytest.raises(ChannelError) as refusal:
        LabelMap.from_json(document if isinstance(document, (str, bytes)) else json.dumps(document), name)
    return str(refusal.value)


def classes(label_map: LabelMap, *raw: int) -> list[int]:
    return label_map.apply(np.array(raw, dtype=np.uint8)).tolist()


def test_without_a_label_map_pixel_values_are_classes() -> None:
    identity = LabelMap.identity()
    assert classes(identity, 0, 1, 254, 255) == [0, 1, 254, 255]
    assert identity.description == {"scale": 1}
    assert identity.known.all()


@pytest.mark.parametrize("scale", [3, "3"])
def test_scale_divides_and_rounds_down_but_keeps_ignore(scale: object) -> None:
    label_map = LabelMap.from_json(json.dumps({"scale": scale}))
    assert classes(label_map, 0, 2, 3, 6, 254, 255) == [0, 0, 1, 2, 84, 255]
    assert label_map.description == {"scale": scale}


def test_map_goes_from_class_to_pixel_value() -> None:
    # The example of the developer guide: pixel values 0, 5, 2 become classes 1, 0, 2.
    label_map = LabelMap.from_json('{"map": {"0": 5, "1": 0, "2": 2}}')
    assert classes(label_map, 0, 5, 2) == [1, 0, 2]
    assert np.flatnonzero(label_map.known).tolist() == [0, 2, 5, 255]
    assert label_map.description == {"map": {"0": 5, "1": 0, "2": 2}}


def test_an_unnamed_255_stays_ignore_and_a_named_one_is_a_class() -> None:
    assert classes(LabelMap.from_json('{"map": {"0": 0}}'), 0, 255) == [0, 255]
    assert classes(LabelMap.from_json('{"map": {"0": 0, "1": 255}}'), 0, 255) == [0, 1]


def test_key_255_sends_a_pixel_value_to_ignore() -> None:
    label_map = LabelMap.from_json('{"map": {"0": 0, "255": 11}}')
    assert classes(label_map, 0, 11) == [0, 255]
    assert label_map.known[11]


def test_a_class_can_have_several_pixel_values() -> None:
    label_map = LabelMap.from_json('{"map": {"0": [0, 7], "1": ["3"]}}')
    assert classes(label_map, 0, 7, 3) == [0, 0, 1]


def test_the_shape_of_a_mask_is_kept() -> None:
    mask = LabelMap.identity().apply(np.zeros((3, 4), dtype=np.uint8))
    assert (mask.shape, mask.dtype) == ((3, 4), np.uint8)


def test_a_label_map_is_read_from_a_file_that_its_errors_name(tmp_path: Path) -> None:
    path = tmp_path / "train_label_map.json"
    path.write_text('{"scale": 2}')
    assert classes(LabelMap.read(path), 4) == [2]
    path.write_text("{}")
    with pytest.raises(ChannelError, match=r"train_label_map\.json "):
        LabelMap.read(path)
    with pytest.raises(ChannelError, match=r"gone\.json cannot be read: No such file or directory$"):
        LabelMap.read(tmp_path / "gone.json")


FORMS = 'write {"scale": 1}, {"map": {"<class>": <pixel value>}} or {"colors": {"<class>": "#rrggbb"}}'
ONE_KEY = 'must hold one of the keys scale, map, colors, and "names" if wanted, got'


@pytest.mark.parametrize("text", ["", "{", b"\xff\xfe\x00", "[" * 200_000])
def test_what_is_not_json_is_refused(text: bytes | str) -> None:
    sentence = refusal_of(text)
    assert sentence.startswith("the label map is not JSON (")
    assert sentence.endswith(FORMS)


@pytest.mark.parametrize(
    ("document", "seen"),
    [
        ({}, f"{ONE_KEY} []"),
        ({"scale": 1, "map": {"0": 0}}, "must hold one of scale, map, colors, got scale and map"),
        ({"scales": 1}, f"{ONE_KEY} ['scales']"),
        ({"map": {"0": 0}, "comment": ""}, f"{ONE_KEY} ['map', 'comment']"),
        ([1], "must be a JSON object, got list"),
        (3, "must be a JSON object, got int"),
    ],
)
def test_anything_but_one_of_the_keys_is_refused(document: object, seen: str) -> None:
    assert refusal_of(document) == f"the label map {seen}: {FORMS}"


@pytest.mark.parametrize("scale", [0, -1, 256, 1.5, True, None, "x", "-1", "²", "9" * 5000, [1], {}])
def test_a_scale_that_is_no_integer_of_1_to_255_is_refused(scale: object) -> None:
    shown = repr(scale) if len(repr(scale)) <= 80 else f"{repr(scale)[:80]}..."
    assert refusal_of({"scale": scale}) == f"the label map: scale must be an integer of 1 to 255, got {shown}"


@pytest.mark.parametrize("entries", [{}, [], 5, None])
def test_a_map_without_entries_is_refused(entries: object) -> None:
    sentence = f'the label map: map must be an object like {{"<class>": <pixel value>}}, got {entries!r}'
    assert refusal_of({"map": entries}) == sentence


@pytest.mark.parametrize("key", ["256", "-1", "road", "", "1.0"])
def test_a_class_that_is_no_integer_of_0_to_255_is_refused(key: str) -> None:
    sentence = f"the label map: a class (a key of map) must be an integer of 0 to 255, got {key!r}"
    assert refusal_of({"map": {key: 1}}) == sentence


@pytest.mark.parametrize("value", [256, -1, 0.5, "road", None, False, [[1]], {"a": 1}])
def test_a_pixel_value_that_is_no_integer_of_0_to_255_is_refused(value: object) -> None:
    shown = value[0] if isinstance(value, list) else value
    sentence = f"the label map: the pixel value of class 4 must be an integer of 0 to 255, got {shown!r}"
    assert refusal_of({"map": {"4": value}}) == sentence


def test_a_pixel_value_given_to_two_classes_is_refused() -> None:
    assert refusal_of({"map": {"0": 7, "1": [3, 7]}}) == (
        "the label map: pixel value 7 is given to class 0 and to class 1, and can be one class only "
        "(each key of map is a class, each value the pixel value in the mask)"
    )


def test_the_table_of_the_identity_fits_on_three_lines() -> None:
    assert LabelMap.identity().table_lines(num_classes=12) == [
        "pixel 0..11 -> the class of the same number",
        "pixel 12..254 -> not below num_classes 12: refused",
        "pixel 255 -> ignore",
    ]


def test_the_table_of_a_map_says_what_becomes_of_every_value() -> None:
    label_map = LabelMap.from_json('{"map": {"0": 5, "1": [0, 1], "2": 255, "255": 2, "3": 9}}')
    assert label_map.table_lines(num_classes=3) == [
        "pixel 0..1 -> class 1",
        "pixel 2 -> ignore",
        "pixel 3..4 -> unknown: refused",
        "pixel 5 -> class 0",
        "pixel 6..8 -> unknown: refused",
        "pixel 9 -> not below num_classes 3: refused",
        "pixel 10..254 -> unknown: refused",
        "pixel 255 -> class 2",
    ]
