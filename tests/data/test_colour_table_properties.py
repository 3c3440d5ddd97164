"""The table of colours: what a label map says of a colour holds for every pixel, and for no other colour."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from semseg.data.labels.colour import is_colour, read_colour, shown
from semseg.data.labels.colour_errors import UnlistedColoursError
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.colour_mask import classes_by_colour

COLOURS = st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))
CLASSES = st.integers(0, 253) | st.just(255)


@given(st.dictionaries(COLOURS, CLASSES, min_size=1, max_size=20), COLOURS)
def test_every_listed_colour_becomes_its_class_and_no_other_does(
    class_of: dict[tuple[int, int, int], int], other: tuple[int, int, int]
) -> None:
    entries: dict[str, list[str]] = {}
    for colour, label in class_of.items():
        entries.setdefault(str(label), []).append(shown(colour))
    table = LabelMap.from_json(json.dumps({"colors": entries})).colours
    assert table is not None
    mask = Image.fromarray(np.array([list(class_of)], np.uint8))
    assert classes_by_colour(mask, table, "mask").tolist() == [list(class_of.values())]
    pixels = Image.new("RGB", (2, 1), other)
    if other in class_of:
        assert classes_by_colour(pixels, table, "mask").tolist() == [[class_of[other]] * 2]
        return
    with pytest.raises(UnlistedColoursError) as refusal:
        classes_by_colour(pixels, table, "mask")
    assert refusal.value.seen.pixels == {other: 2}
    assert table.nearest(other)[0] == min(max(abs(a - b) for a, b in zip(other, one)) for one in class_of)


@given(COLOURS)
def test_a_colour_that_is_shown_is_read_as_the_same(colour: tuple[int, int, int]) -> None:
    assert read_colour(shown(colour)) == colour
    assert read_colour(list(colour)) == read_colour(",".join(map(str, colour))) == colour


@given(st.text("0123456789abcdef#(), rgb%", max_size=12) | st.lists(st.integers(-1, 300) | st.floats(), max_size=4))
def test_any_value_is_a_colour_of_0_to_255_or_none(value: object) -> None:
    if is_colour(value):
        assert all(0 <= part <= 255 for part in read_colour(value))
