from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from semseg.base_deserializers import Stream
from semseg.deserializers import (
    BaseDeserializer,
    CSVDeserializer,
    JSONDeserializer,
    JSONLinesDeserializer,
    MaskDeserializer,
    NumpyDeserializer,
    PandasDeserializer,
    ProbabilityDeserializer,
    StringDeserializer,
)
from semseg.errors import UserError


def read(deserializer: BaseDeserializer, body: bytes, content_type: str = "any/thing") -> Any:
    stream = io.BytesIO(body)
    try:
        return deserializer.deserialize(stream, content_type)
    finally:
        assert stream.closed


def saved(save: Callable[..., None], *arrays: np.ndarray, **named: np.ndarray) -> bytes:
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


def test_text_json_lines_and_csv_are_read() -> None:
    assert read(StringDeserializer(), "fünf".encode()) == "fünf"
    assert read(StringDeserializer("latin-1"), b"f\xfcnf") == "fünf"
    assert read(JSONDeserializer(), b'{"a": [1, null]}') == {"a": [1, None]}
    assert read(JSONLinesDeserializer(), b'{"a": 1}\n\n[2]\n') == [{"a": 1}, [2]]
    assert read(CSVDeserializer(), b'1,"a,b"\r\n2,c\r\n') == [["1", "a,b"], ["2", "c"]]


def test_each_asks_for_its_media_type() -> None:
    kinds = (JSONDeserializer, JSONLinesDeserializer, CSVDeserializer, NumpyDeserializer, PandasDeserializer)
    assert [kind().ACCEPT for kind in kinds] == [
        ("application/json",),
        ("application/jsonlines",),
        ("text/csv",),
        ("application/x-npy",),
        ("text/csv", "application/json"),
    ]


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(UserError, match=r"^the answer must be JSON, got 'no': Expecting value"):
        read(JSONDeserializer(), b"no")
    with pytest.raises(UserError, match=r"^the answer must be text in utf-8, got 1 other bytes$"):
        read(JSONDeserializer(), b"\xff")


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 100_000])
def test_json_that_no_computer_reads_is_refused_in_short(body: bytes) -> None:
    for deserializer in (JSONDeserializer(), JSONLinesDeserializer()):
        with pytest.raises(UserError, match=r"^the answer must be JSON, got '") as refusal:
            read(deserializer, body)
        assert len(str(refusal.value)) < 250
    with pytest.raises(UserError, match=r"^the answer must be JSON, got '"):
        read(NumpyDeserializer(), body, "application/json")


def test_a_field_of_csv_that_is_too_long_is_refused() -> None:
    with pytest.raises(UserError, match=r"^the answer must be CSV, got 'xxx.*: field larger than field limit"):
        read(CSVDeserializer(), b"x" * 200_000)


def test_an_encoding_that_python_does_not_have_is_refused() -> None:
    with pytest.raises(UserError, match=r"^encoding must be one that Python has, such as utf-8, got 'utf-9'$"):
        read(StringDeserializer("utf-9"), b"a")


def npy(header: bytes) -> bytes:
    """The beginning of an .npy file."""
    return b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n"


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000000,)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 99999)}",
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (" + b"9" * 5000 + b",)}",
        b"{'descr': " + b"[" * 500,
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,",
        b"  if\n a",
    ],
)
def test_an_array_whose_header_lies_or_is_broken_is_refused_in_short(header: bytes) -> None:
    with pytest.raises(UserError, match=r"^the answer must be a file of NumPy without Python objects, got") as refusal:
        read(NumpyDeserializer(), npy(header), "application/x-npy")
    assert len(str(refusal.value)) < 250


def test_a_long_media_type_is_shown_in_short() -> None:
    for deserializer in (NumpyDeserializer(), PandasDeserializer(), MaskDeserializer(), ProbabilityDeserializer()):
        with pytest.raises(UserError) as refusal:
            deserializer.deserialize(io.BytesIO(), "x" * 60_000)
        assert len(str(refusal.value)) < 300


def test_arrays_come_from_numpys_files_csv_and_json() -> None:
    array = np.array([[1.0, 2.0]], np.float32)
    assert read(NumpyDeserializer(), saved(np.save, array), "application/x-npy").dtype == np.float32
    assert read(NumpyDeserializer(), saved(np.savez, a=array), "application/x-npz")["a"].tolist() == [[1, 2]]
    assert read(NumpyDeserializer(dtype="int64"), b"1,2\n3,4\n", "text/csv; charset=utf-8").tolist() == [[1, 2], [3, 4]]
    assert read(NumpyDeserializer(), b"[[1, 2]]", "application/json").tolist() == [[1, 2]]


def test_a_pickle_is_never_read() -> None:
    pickled = saved(np.save, np.array([{"a": 1}], dtype=object))
    with pytest.raises(UserError, match="without Python objects"):
        read(NumpyDeserializer(), pickled, "application/x-npy")
    with pytest.raises(UserError, match=r"^allow_pickle must be False, got True: a pickle may run any code$"):
        NumpyDeserializer(allow_pickle=True)


def test_a_cut_off_array_and_another_media_type_are_refused() -> None:
    with pytest.raises(UserError, match="file of NumPy"):
        read(NumpyDeserializer(), saved(np.save, np.arange(9))[:-1], "application/x-npy")
    with pytest.raises(UserError, match="file of NumPy"):
        read(NumpyDeserializer(), b"", "application/x-npy")
    with pytest.raises(UserError, match=r"^an array must come as .*, got 'image/png'$"):
        read(NumpyDeserializer(), b"", "image/png")


def test_tables_come_from_csv_and_json() -> None:
    assert read(PandasDeserializer(), b"a,b\n1,2\n", "text/csv").to_dict("records") == [{"a": 1, "b": 2}]
    assert read(PandasDeserializer(), b'[{"a": 1}]', "application/json").to_dict("records") == [{"a": 1}]
    with pytest.raises(UserError, match=r"^a table must come as text/csv or application/json, got 'image/png'$"):
        PandasDeserializer().deserialize(io.BytesIO(b""), "image/png")


def test_a_class_of_ones_own_derives_from_the_base() -> None:
    class Length(BaseDeserializer):
        def __init__(self, accept: str = "image/png") -> None:
            self.accept = accept

        @property
        def ACCEPT(self) -> tuple[str, ...]:
            return (self.accept,)

        def deserialize(self, stream: Stream, content_type: str) -> int:
            try:
                return len(stream.read())
            finally:
                stream.close()

    assert read(Length(), b"abc") == 3
    assert Length().ACCEPT == ("image/png",)


def broken_archives() -> dict[str, bytes]:
    """Archives of arrays in which one thing is wrong."""
    file = io.BytesIO()
    np.savez_compressed(file, first=np.zeros(1000))
    whole = file.getvalue()
    flags = whole.index(b"PK\x01\x02") + 8  # of the first entry in the archive's list; bit 0: encrypted
    return {
        "cut off": whole[:-10],
        "changed": whole[:60] + bytes(40) + whole[100:],
        "encrypted": whole[:flags] + b"\x01" + whole[flags + 1 :],
    }


@pytest.mark.parametrize("wrong", ["cut off", "changed", "encrypted"])
def test_a_broken_archive_of_arrays_is_refused(wrong: str) -> None:
    with pytest.raises(UserError, match=r"^the answer must be a file of NumPy without Python objects, got another: "):
        NumpyDeserializer().deserialize(io.BytesIO(broken_archives()[wrong]), "application/x-npz")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [("text/csv", b"1,2\n3\n"), ("application/json", b"[[1, 2], [3]]"), ("application/json", b'[{"a": 1}]')],
)
def test_rows_that_make_no_array_are_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(UserError, match=r"^the answer must be the rows of an array, all of one length, got others: "):
        NumpyDeserializer(dtype=np.float32).deserialize(io.BytesIO(body), content_type)


@pytest.mark.parametrize(("content_type", "body"), [("text/csv", b""), ("application/json", b"no table")])
def test_what_is_no_table_is_refused(content_type: str, body: bytes) -> None:
    pytest.importorskip("pandas")
    with pytest.raises(UserError, match=rf"^the answer must be a table as {content_type}, got another: "):
        PandasDeserializer().deserialize(io.BytesIO(body), content_type)
