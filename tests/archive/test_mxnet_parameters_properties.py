"""MXNet's parameter files: any arrays come back, and of any bytes come parameters or one of our errors."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from semseg.archive.mxnet_parameters import TAG_1, TAG_2, TAG_3, TYPES, read_parameters
from semseg.errors import ModelError
from tests.archive.test_mxnet_parameters import array, whole

UNTAGGED = 0
FILE = whole(array(), array(TAG_1), array(UNTAGGED), names=(b"a", b"b", b"c"))
SHAPES = st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple)
NAMES = st.text(st.characters(codec="utf-8", exclude_characters=":"), max_size=12)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parameters") / "model_best.params"


@given(
    st.sampled_from([TAG_1, TAG_2, TAG_3, UNTAGGED]),
    st.dictionaries(NAMES, st.tuples(SHAPES, st.sampled_from(sorted(TYPES))), max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_arrays_of_any_shape_and_type_come_back_by_their_names(
    file: Path, tag: int, layout: dict[str, tuple[tuple[int, ...], int]], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    contents = {
        name: rng.bytes(math.prod(shape) * np.dtype(TYPES[kind]).itemsize) for name, (shape, kind) in layout.items()
    }
    arrays = [array(tag, kind, shape, contents[name]) for name, (shape, kind) in layout.items()]
    file.write_bytes(whole(*arrays, names=tuple(f"arg:{name}".encode() for name in layout)))
    found = read_parameters(file)
    assert list(found) == list(layout)
    assert {name: (value.shape, value.dtype) for name, value in found.items()} == {
        name: (shape, np.dtype(TYPES[kind])) for name, (shape, kind) in layout.items()
    }
    assert {name: value.tobytes() for name, value in found.items()} == contents


@given(st.lists(st.tuples(st.integers(8, len(FILE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_changed_file_is_read_or_refused(file: Path, changes: list[tuple[int, int]]) -> None:
    content = bytearray(FILE)
    for place, value in changes:
        content[place] = value
    file.write_bytes(content)
    try:
        parameters = read_parameters(file)
    except ModelError:
        return
    assert len(parameters) == 3


@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_parameters_or_are_refused(file: Path, noise: bytes, begins_well: bool) -> None:
    content = FILE[:16] + noise if begins_well else noise
    file.write_bytes(content)
    try:
        parameters = read_parameters(file)
    except ModelError:
        return
    assert sum(array.nbytes for array in parameters.values()) < len(content)
