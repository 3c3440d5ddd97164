from __future__ import annotations

import io

import numpy as np
import pytest
from scipy import sparse

from semseg.errors import UserError
from semseg.serializers import (
    BaseSerializer,
    CSVSerializer,
    JSONLinesSerializer,
    JSONSerializer,
    LibSVMSerializer,
    NumpySerializer,
    SparseMatrixSerializer,
    StringSerializer,
)


def test_json_says_arrays_as_lists() -> None:
    data = {"a": np.array([[1, 2]]), "b": [np.float32(0.5), "x", None]}
    assert JSONSerializer().serialize(data) == '{"a": [[1, 2]], "b": [0.5, "x", null]}'
    assert JSONSerializer().serialize(np.arange(2)) == "[0, 1]"
    assert JSONSerializer().CONTENT_TYPE == "application/json"


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(UserError, match=r"^data must be what JSON can say, got set$"):
        JSONSerializer().serialize({"a": {1}})


def test_json_lines_have_an_item_a_line() -> None:
    assert JSONLinesSerializer().serialize([{"a": 1}, [2]]) == '{"a": 1}\n[2]'
    assert JSONLinesSerializer().serialize("as it is") == "as it is"
    assert JSONLinesSerializer().CONTENT_TYPE == "application/jsonlines"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([1, 2.5, "a"], "1,2.5,a"),
        ([[1, 2], (3, "a,b")], '1,2\n3,"a,b"'),
        (np.array([[1, 2], [3, 4]]), "1,2\n3,4"),
        (["1,2", "3,4"], "1,2\n3,4"),
        ("1,2\n", "1,2\n"),
        (io.BytesIO(b"1,2"), b"1,2"),
    ],
)
def test_csv_has_a_row_a_line(data: object, text: str | bytes) -> None:
    assert CSVSerializer().serialize(data) == text
    assert CSVSerializer().CONTENT_TYPE == "text/csv"


@pytest.mark.parametrize("serializer", [CSVSerializer(), NumpySerializer()])
def test_nothing_is_refused(serializer: BaseSerializer) -> None:
    with pytest.raises(UserError, match=r"^data must hold at least one value, got an empty array$"):
        serializer.serialize([])
    with pytest.raises(UserError, match=r"^data must hold at least one value, got an empty array$"):
        serializer.serialize([[]])


def test_an_array_is_sent_as_numpy_saves_it() -> None:
    body = NumpySerializer(dtype="float32").serialize([[1, 2]])
    sent = np.load(io.BytesIO(body), allow_pickle=False)
    assert (sent.tolist(), sent.dtype) == ([[1.0, 2.0]], np.float32)
    assert NumpySerializer().CONTENT_TYPE == "application/x-npy"


def test_python_objects_are_not_pickled() -> None:
    with pytest.raises(UserError, match=r"^an array must be of numbers, got object: give a dtype"):
        NumpySerializer().serialize([{"a": 1}])


def test_a_sparse_matrix_is_sent_as_scipy_saves_it() -> None:
    body = SparseMatrixSerializer().serialize(sparse.csr_matrix([[0, 7], [8, 0]]))
    assert sparse.load_npz(io.BytesIO(body)).toarray().tolist() == [[0, 7], [8, 0]]
    assert SparseMatrixSerializer().CONTENT_TYPE == "application/x-npz"
    with pytest.raises(UserError, match=r"^data must be a matrix of scipy.sparse, got list$"):
        SparseMatrixSerializer().serialize([[1]])


def test_libsvm_and_text_go_as_they_are() -> None:
    assert LibSVMSerializer().serialize("1 0:2") == "1 0:2"
    assert LibSVMSerializer().serialize(io.StringIO("1 0:2")) == "1 0:2"
    assert StringSerializer().serialize(3) == "3"
    assert (LibSVMSerializer().CONTENT_TYPE, StringSerializer().CONTENT_TYPE) == ("text/libsvm", "text/plain")
    with pytest.raises(UserError, match=r"^data must be text in LibSVM's format, or a file of it, got list$"):
        LibSVMSerializer().serialize([1])
