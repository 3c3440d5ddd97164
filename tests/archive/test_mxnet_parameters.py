from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.mxnet_parameters import read_parameters, write_parameters
from semseg.errors import ModelError

TAG_1, TAG_2, TAG_3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
VALUES = np.array([[1, 2, 3], [4, 5, 6]])


def array(tag: int = TAG_2, type_flag: int = 0, shape: tuple[int, ...] = (2, 3), content: bytes | None = None) -> bytes:
    """One array as ``ndarray.cc`` writes it; below the tags stands the form of before there were any."""
    dtype = {0: "<f4", 1: "<f8", 2: "<f2", 3: "u1", 4: "<i4", 5: "i1", 6: "<i8"}.get(type_flag, "<f4")
    content = VALUES.astype(dtype).tobytes() if content is None else content
    device = struct.pack("<ii", 1, 0)
    if tag == TAG_1:
        head = struct.pack(f"<II{len(shape)}q", tag, len(shape), *shape)
    elif tag in (TAG_2, TAG_3):
        head = struct.pack(f"<IiI{len(shape)}q", tag, 0, len(shape), *shape)
    else:
        head = struct.pack(f"<I{len(shape)}I", len(shape), *shape)
    return head + device + struct.pack("<i", type_flag) + content


def whole(*arrays: bytes, names: tuple[bytes, ...] = (b"weight",)) -> bytes:
    """A file of these arrays."""
    listed = b"".join(struct.pack("<Q", len(name)) + name for name in names)
    return struct.pack("<QQQ", 0x112, 0, len(arrays)) + b"".join(arrays) + struct.pack("<Q", len(names)) + listed


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model_best.params"


def refusal_of(file: Path, content: bytes) -> str:
    file.write_bytes(content)
    with pytest.raises(ModelError) as refusal:
        read_parameters(file)
    return str(refusal.value)


@pytest.mark.parametrize("tag", [TAG_1, TAG_2, TAG_3, 0], ids=["first tag", "second tag", "third tag", "no tag"])
def test_every_form_of_an_array_is_read(file: Path, tag: int) -> None:
    file.write_bytes(whole(array(tag)))
    (value,) = read_parameters(file).values()
    assert (value.tolist(), value.dtype) == (VALUES.tolist(), np.float32)


@pytest.mark.parametrize(
    ("type_flag", "dtype"), list(enumerate(["float32", "float64", "float16", "uint8", "int32", "int8", "int64"]))
)
def test_every_type_is_read(file: Path, type_flag: int, dtype: str) -> None:
    file.write_bytes(whole(array(type_flag=type_flag)))
    value = read_parameters(file)["weight"]
    assert (value.tolist(), value.dtype) == (VALUES.tolist(), dtype)


def test_the_arg_and_aux_of_older_files_are_taken_off(file: Path) -> None:
    file.write_bytes(whole(array(), array(), array(), names=(b"arg:a.weight", b"aux:b.running_mean", b"c.gamma")))
    assert list(read_parameters(file)) == ["a.weight", "b.running_mean", "c.gamma"]


def test_a_file_that_is_cut_off_anywhere_is_refused(file: Path) -> None:
    content = whole(array(), array(TAG_1), array(0), names=(b"a", b"b", b"c"))
    for length in range(8, len(content)):
        sentence = refusal_of(file, content[:length])
        assert sentence.startswith("model_best.params must be a whole file of MXNet parameters: it ends at byte ")


def test_a_file_that_begins_otherwise_is_refused(file: Path) -> None:
    assert refusal_of(file, b"\x80\x04\x95\x00\x00\x00\x00\x00") == (
        "model_best.params must be a file of MXNet parameters, which begin with 1201000000000000, "
        "but it begins with 8004950000000000"
    )
    assert refusal_of(file, b"").endswith("but it begins with nothing")


def test_a_file_of_more_than_2_gib_is_refused_before_it_is_read(file: Path) -> None:
    with file.open("wb") as stream:
        stream.truncate(2**31 + 1)
    with pytest.raises(ModelError, match=r"cannot be read: it must have at most 2147483648 bytes, got 2147483649$"):
        read_parameters(file)


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(ModelError, match=r"cannot be read: No such file or directory$"):
        read_parameters(file)


HUGE = 2**62


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (struct.pack("<QQQ", 0x112, 0, 2**64 - 1), "it ends at byte 24"),
        (whole(array(shape=(HUGE, HUGE))), "it ends at byte"),
        (whole(array(shape=(2**31, 2**33))), "it ends at byte"),
        (whole(array(shape=(0, HUGE), content=b"")), "array is too big"),
        (whole(array(shape=(-1, 6))), "an array of shape (-1, 6)"),
        (whole(struct.pack("<IiI", TAG_2, 0, 2**32 - 1)), "an array of 4294967295 dimensions"),
        (whole(struct.pack("<IiI", TAG_2, 0, 0)), "an array of 0 dimensions"),
        (whole(struct.pack("<Ii", TAG_2, 1)), "an array of storage type 1"),
        (whole(array(type_flag=7)), "an array of type 7"),
        (whole(array(type_flag=-1)), "an array of type -1"),
        (whole(array(), names=()), "it has 1 arrays and 0 names"),
        (whole(array(), names=(b"a" * 4097,)), "a name of 4097 bytes"),
        (whole(array(), names=(b"\xff\xfe",)), "'utf-8' codec can't decode"),
        (whole(array(), array(), names=(b"a", b"arg:a")), "it has a name twice"),
        (whole(array()) + b"more", "4 bytes follow its end"),
    ],
    ids=[
        "count",
        "shape",
        "large shape",
        "empty shape",
        "negative side",
        "many dimensions",
        "no dimensions",
        "sparse",
        "unknown type",
        "negative type",
        "too few names",
        "long name",
        "no text",
        "name twice",
        "more after the end",
    ],
)
def test_a_file_that_claims_what_cannot_be_is_refused_without_much_memory(
    file: Path, content: bytes, words: str
) -> None:
    tracemalloc.start()
    sentence = refusal_of(file, content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sentence.startswith(f"model_best.params must be a whole file of MXNet parameters: {words}")
    assert peak < 2**20


def test_values_are_not_copied_and_cannot_be_written_to(file: Path) -> None:
    file.write_bytes(whole(array()))
    assert not read_parameters(file)["weight"].flags.writeable


ARRAYS: dict[str, np.ndarray] = {
    "weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "half": np.array([0.5, -2], np.float16),
    "double": np.array([[1e300]], np.float64),
    "byte": np.array([0, 255], np.uint8),
    "signed": np.array([-128, 127], np.int8),
    "whole": np.array([-5], np.int32),
    "long": np.array([2**40], np.int64),
    "größe": np.zeros((0, 4), np.float32),
}


def test_what_is_written_is_read_again(file: Path) -> None:
    write_parameters(file, ARRAYS)
    found = read_parameters(file)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert (found[name].dtype, found[name].tolist()) == (array.dtype, array.tolist())


def test_the_bytes_are_those_of_the_format(file: Path) -> None:
    write_parameters(file, {"weight": VALUES.astype(np.float32)})
    assert file.read_bytes() == whole(array())


def test_arrays_of_another_byte_order_or_with_gaps_are_written_as_they_are_meant(file: Path) -> None:
    write_parameters(file, {"a": np.array([1, 2], ">f4"), "b": np.arange(6, dtype=np.float32)[::2]})
    assert {name: value.tolist() for name, value in read_parameters(file).items()} == {"a": [1, 2], "b": [0, 2, 4]}


@pytest.mark.parametrize("value", [np.array(1.0, np.float32), np.array([True]), np.array(["a"])])
def test_what_mxnet_has_no_type_for_is_refused_and_nothing_is_written(file: Path, value: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a must be an array of a type that MXNet has"):
        write_parameters(file, {"a": value})
    assert not file.exists()


@pytest.mark.engine
def test_mxnet_reads_what_is_written_and_writes_the_same(file: Path, tmp_path: Path) -> None:
    import mxnet as mx

    arrays = {name: array for name, array in ARRAYS.items() if array.size}  # of an empty one MXNet knows no shape
    write_parameters(file, arrays)
    found = mx.nd.load(str(file))
    assert {name: value.asnumpy().tolist() for name, value in found.items()} == {
        name: array.tolist() for name, array in arrays.items()
    }
    mx.nd.save(str(tmp_path / "theirs"), {name: mx.nd.array(a, dtype=a.dtype) for name, a in arrays.items()})
    assert (tmp_path / "theirs").read_bytes() == file.read_bytes()
