"""Label maps: what a map says holds for every pixel value, and of any text comes a map or one of our errors."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from semseg.data.labels.label_map import LabelMap
from semseg.errors import ChannelError

VALUES = st.integers(0, 255)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-1, 257) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["0", "7", "255", "x"]), inner),
    max_leaves=5,
)
RAW = np.arange(256, dtype=np.uint8)


@given(st.dictionaries(VALUES, VALUES, min_size=1, max_size=256))
def test_every_pixel_value_becomes_the_class_that_the_map_gives_it(class_of: dict[int, int]) -> None:
    entries: dict[str, list[int]] = {}
    for raw, label in class_of.items():
        entries.setdefault(str(label), []).append(raw)
    label_map = LabelMap.from_json(json.dumps({"map": entries}))
    assert label_map.apply(RAW).tolist() == [class_of.get(raw, 255) for raw in range(256)]
    assert np.flatnonzero(label_map.known).tolist() == sorted({*class_of, 255})


@given(st.integers(1, 255))
def test_a_scale_divides_every_pixel_value_but_the_ignored_one(scale: int) -> None:
    label_map = LabelMap.from_json(json.dumps({"scale": scale}))
    assert label_map.apply(RAW).tolist() == [*(raw // scale for raw in range(255)), 255]
    assert label_map.known.all()


@given(
    st.binary()
    | st.text()
    | JSON.map(json.dumps)
    | JSON.map(lambda entries: json.dumps({"map": entries}))
    | JSON.map(lambda scale: json.dumps({"scale": scale}))
    | JSON.map(lambda entries: json.dumps({"colors": entries}))
    | JSON.map(lambda names: json.dumps({"names": names}))
)
@example('{"map": {"0": "٣"}}')
def test_any_text_is_a_label_map_or_is_refused(text: str | bytes) -> None:
    try:
        label_map = LabelMap.from_json(text)
    except ChannelError:
        return
    assert (label_map.table.shape, label_map.table.dtype) == ((256,), np.uint8)
    assert (label_map.table[~label_map.known] == 255).all()
    assert label_map.table_lines(21)
