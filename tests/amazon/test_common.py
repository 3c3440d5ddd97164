"""RecordIO-protobuf: the bytes as the formats say, counted by hand, and both ways."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from semseg.amazon import common, record_pb2
from semseg.contract import recordio
from semseg.errors import UserError

# One row [1.0, 2.0] with the label 3.0, byte for byte: a field's number and kind, a length, its content.
FLOATS = b"\x0a\x08" + struct.pack("<2f", 1, 2)  # values = 1, packed
FEATURE = b"\x0a\x06values\x12\x0c\x12\x0a" + FLOATS  # key = 1; value = 2, in it float32_tensor = 2
LABEL = b"\x0a\x06values\x12\x08\x12\x06\x0a\x04" + struct.pack("<f", 3)
MESSAGE = b"\x0a\x16" + FEATURE + b"\x12\x12" + LABEL  # features = 1, label = 2
RECORD = struct.pack("<II", 0xCED7230A, len(MESSAGE)) + MESSAGE + bytes(-len(MESSAGE) % 4)


def written(write: Callable[..., None], *arguments: object) -> bytes:
    file = io.BytesIO()
    write(file, *arguments)
    return file.getvalue()


def test_a_row_is_written_byte_for_byte_as_the_formats_say() -> None:
    array, labels = np.array([[1, 2]], np.float32), np.array([3], np.float32)
    assert written(common.write_numpy_to_dense_tensor, array, labels) == RECORD


def test_the_same_bytes_are_read_and_written_again() -> None:
    (record,) = common.read_records(io.BytesIO(RECORD))
    assert list(record.features["values"].float32_tensor.values) == [1.0, 2.0]
    assert list(record.label["values"].float32_tensor.values) == [3.0]
    assert recordio.write_record(record.SerializeToString(deterministic=True)) == RECORD


@pytest.mark.parametrize(
    ("dtype", "tensor"), [("float32", "float32_tensor"), ("float64", "float64_tensor"), ("int64", "int32_tensor")]
)
def test_a_record_a_row_and_a_tensor_by_its_type(dtype: str, tensor: str) -> None:
    body = common.RecordSerializer().serialize(np.array([[1, 2], [3, 4]], dtype))
    records = common.RecordDeserializer().deserialize(body, "application/x-recordio-protobuf")
    assert [record.features["values"].WhichOneof("value") for record in records] == [tensor, tensor]
    assert [list(getattr(record.features["values"], tensor).values) for record in records] == [[1, 2], [3, 4]]
    assert body.closed


def test_one_dimension_is_one_record() -> None:
    assert len(common.read_records(common.RecordSerializer().serialize(np.zeros(3)))) == 1


def test_a_sparse_row_has_its_values_their_columns_and_the_width() -> None:
    matrix = sparse.csc_matrix(np.array([[0, 7, 0], [0, 0, 0], [8, 0, 9]], np.float64))
    body = written(common.write_spmatrix_to_sparse_tensor, matrix, np.array([1, 0, 1]))
    records = common.read_records(io.BytesIO(body))
    tensors = [record.features["values"].float64_tensor for record in records]
    assert [(list(t.values), list(t.keys), list(t.shape)) for t in tensors] == [
        ([7.0], [1], [3]),
        ([], [], [3]),
        ([8.0, 9.0], [0, 2], [3]),
    ]
    assert [list(record.label["values"].int32_tensor.values) for record in records] == [[1], [0], [1]]


def test_a_record_in_parts_is_put_together() -> None:
    magic = struct.pack("<I", 0xCED7230A)
    first, last = struct.pack("<I", 1 << 29 | 4), struct.pack("<I", 3 << 29 | 2)
    body = magic + first + b"abcd" + magic + last + b"ef\0\0" + magic + struct.pack("<I", 1) + b"g\0\0\0"
    assert list(common.read_recordio(io.BytesIO(body))) == [b"abcd" + magic + b"ef", b"g"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"\0" * 8, r"RecordIO data must have 0xced7230a at byte 0, got 0x00000000"),
        (RECORD[:-1], r"RecordIO data must be whole"),
        (recordio.write_record(b"\xff"), r"each RecordIO record must hold a Record message"),
    ],
)
def test_other_bytes_are_refused(body: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=f"^{sentence}"):
        common.read_records(io.BytesIO(body))


@pytest.mark.parametrize(
    ("array", "labels", "sentence"),
    [
        (np.zeros((2, 2, 2)), None, r"array must have 2 dimensions, a row for each record, got the shape \(2, 2, 2\)"),
        (np.zeros((2, 2)), np.zeros(3), r"labels must be of the shape \(2,\), one for each row, got the shape \(3,\)"),
        (np.array([["a"]]), None, r"an array must be float32, float64 or of integers, got <U1"),
    ],
)
def test_an_array_that_is_no_table_of_numbers_is_refused(
    array: np.ndarray, labels: np.ndarray | None, sentence: str
) -> None:
    with pytest.raises(UserError, match=f"^{sentence}$"):
        written(common.write_numpy_to_dense_tensor, array, labels)


def test_what_is_no_sparse_matrix_is_refused() -> None:
    with pytest.raises(UserError, match=r"^array must be a matrix of scipy.sparse, got ndarray$"):
        written(common.write_spmatrix_to_sparse_tensor, np.zeros((1, 1)))


def test_the_names_of_v1_warn() -> None:
    with pytest.warns(UserWarning, match="is now called RecordSerializer$"):
        assert isinstance(common.numpy_to_record_serializer(), common.RecordSerializer)
    with pytest.warns(UserWarning, match="RecordDeserializer$"):
        assert isinstance(common.record_deserializer(), common.RecordDeserializer)


def test_every_message_of_record_proto_has_its_name() -> None:
    names = [message.name for message in record_pb2.DESCRIPTOR.message_types_by_name.values()]
    assert sorted(names) == ["Bytes", "Float32Tensor", "Float64Tensor", "Int32Tensor", "Record", "Value"]
    for name in names:
        assert getattr(record_pb2, name).DESCRIPTOR.full_name == f"aialgs.data.{name}"
    record = record_pb2.Record()
    record.features["a"].CopyFrom(record_pb2.Value(bytes=record_pb2.Bytes(value=[b"x"])))
    assert record_pb2.Record.FromString(record.SerializeToString()) == record


def test_the_notebooks_decoder_reads_an_answer_without_mxnet() -> None:
    probabilities = np.random.default_rng(0).random((3, 4, 5), np.float32)
    (payload,) = common.read_recordio(io.BytesIO(recordio.encode_probabilities(probabilities)))
    record = record_pb2.Record()
    record.ParseFromString(payload)
    values = list(record.features["target"].float32_tensor.values)
    shape = list(record.features["shape"].int32_tensor.values)
    assert np.array_equal(np.squeeze(np.reshape(np.array(values, np.float32), shape), axis=0), probabilities)


@pytest.mark.engine
def test_the_notebooks_decoder_reads_an_answer_with_mxnet(tmp_path: Path) -> None:
    import mxnet

    probabilities = np.random.default_rng(0).random((3, 4, 5), np.float32)
    file = tmp_path / "answer.rec"
    file.write_bytes(recordio.encode_probabilities(probabilities))
    recordio_file = mxnet.recordio.MXRecordIO(str(file), "r")
    record = record_pb2.Record()
    record.ParseFromString(recordio_file.read())
    recordio_file.close()
    values = list(record.features["target"].float32_tensor.values)
    shape = list(record.features["shape"].int32_tensor.values)
    assert np.array_equal(np.squeeze(np.reshape(np.array(values, np.float32), shape), axis=0), probabilities)
