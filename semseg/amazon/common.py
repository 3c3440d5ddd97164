"""Arrays to and from RecordIO-protobuf, as SageMaker's built-in algorithms write and read them.

Source of names and arguments: the SageMaker Python SDK v2, ``sagemaker.amazon.common``; of the formats see
``semseg.contract.recordio`` and ``semseg.contract.record``.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import closing
from typing import Any, BinaryIO

import numpy as np
from google.protobuf.message import DecodeError

from semseg.amazon.record_pb2 import Record
from semseg.base_deserializers import SimpleBaseDeserializer
from semseg.base_serializers import SimpleBaseSerializer
from semseg.contract import media_types, recordio
from semseg.errors import UserError


class RecordSerializer(SimpleBaseSerializer):
    """Sends an array as one record a row."""

    def __init__(self, content_type: str = media_types.RECORDIO_PROTOBUF) -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> BinaryIO:
        """Returns a stream with one record for each row of an array; it is at its beginning.

        Args:
            data: (N, features), or (features,) for a single row; float32, float64 or integers.

        Raises:
            UserError: it has another number of dimensions, or another type.
        """
        file = io.BytesIO()
        write_numpy_to_dense_tensor(file, np.atleast_2d(data))
        file.seek(0)
        return file


class RecordDeserializer(SimpleBaseDeserializer):
    """The records of an answer; of probabilities one, with the features ``target`` and ``shape``."""

    def __init__(self, accept: str | tuple[str, ...] = media_types.RECORDIO_PROTOBUF) -> None:
        super().__init__(accept)

    def deserialize(self, stream: Any, content_type: str) -> list[Any]:
        """Returns the records, each a Record message.

        Raises:
            UserError: the answer is not RecordIO.
        """
        with closing(stream):
            return read_records(stream)


def write_numpy_to_dense_tensor(file: BinaryIO, array: np.ndarray, labels: np.ndarray | None = None) -> None:
    """Appends one record a row, its feature and its label each under the name "values".

    Args:
        file: open for writing bytes.
        array: (N, features), float32, float64 or integers.
        labels: (N,), of the same types.

    Raises:
        UserError: a shape or a type is another.
    """
    _check(array.ndim == 2, "array must have 2 dimensions, a row for each record", _shape(array))
    _check_labels(labels, len(array))
    for number, row in enumerate(array):
        record = Record()
        _tensor(record.features, array.dtype).values.extend(row.tolist())
        _write(file, record, labels, number)


def write_spmatrix_to_sparse_tensor(file: BinaryIO, array: Any, labels: np.ndarray | None = None) -> None:
    """Appends one record a row of a sparse matrix: its values, their columns as ``keys``, and the width as ``shape``.

    Args:
        file: open for writing bytes.
        array: a matrix of ``scipy.sparse``, (N, features).
        labels: (N,).

    Raises:
        UserError: it is no sparse matrix, or a shape or a type is another.
    """
    _check(hasattr(array, "tocsr"), "array must be a matrix of scipy.sparse", type(array).__name__)
    matrix = array.tocsr()
    _check_labels(labels, matrix.shape[0])
    for number, (start, end) in enumerate(zip(matrix.indptr, matrix.indptr[1:])):
        record = Record()
        tensor = _tensor(record.features, matrix.dtype)
        tensor.values.extend(matrix.data[start:end].tolist())
        tensor.keys.extend(matrix.indices[start:end].tolist())
        tensor.shape.append(matrix.shape[1])
        _write(file, record, labels, number)


def read_records(file: BinaryIO) -> list[Any]:
    """Returns the Record messages in a stream of RecordIO.

    Raises:
        UserError: it is not RecordIO, or holds something else.
    """
    try:
        return [Record.FromString(payload) for payload in read_recordio(file)]
    except DecodeError as error:
        raise UserError("each RecordIO record must hold a Record message, got one with other bytes") from error


def read_recordio(file: BinaryIO) -> Iterator[bytes]:
    """Returns the payload of each record in a stream of RecordIO; a record that was written in parts is put together.

    Raises:
        UserError: it is not RecordIO, or it is cut off.
    """
    return recordio.read_records(file.read())


def numpy_to_record_serializer() -> RecordSerializer:
    """Returns a :class:`RecordSerializer`, and warns: this is its name in the SDK v1."""
    warnings.warn("numpy_to_record_serializer is now called RecordSerializer", UserWarning, stacklevel=2)
    return RecordSerializer()


def record_deserializer() -> RecordDeserializer:
    """Returns a :class:`RecordDeserializer`, and warns: this is its name in the SDK v1."""
    warnings.warn("record_deserializer is now called RecordDeserializer", UserWarning, stacklevel=2)
    return RecordDeserializer()


def _write(file: BinaryIO, record: Any, labels: np.ndarray | None, number: int) -> None:
    if labels is not None:
        _tensor(record.label, labels.dtype).values.append(labels[number].item())
    file.write(recordio.write_record(record.SerializeToString()))


def _tensor(entries: Any, dtype: np.dtype[Any]) -> Any:
    """Returns the tensor under the name "values" that holds this type; 64-bit integers go as int32, as in SageMaker."""
    value = entries["values"]
    if dtype == np.float32:
        return value.float32_tensor
    if dtype == np.float64:
        return value.float64_tensor
    _check(np.issubdtype(dtype, np.integer), "an array must be float32, float64 or of integers", str(dtype))
    return value.int32_tensor


def _check_labels(labels: np.ndarray | None, rows: int) -> None:
    if labels is not None:
        _check(labels.shape == (rows,), f"labels must be of the shape ({rows},), one for each row", _shape(labels))


def _check(is_right: bool, rule: str, seen: str) -> None:
    if not is_right:
        raise UserError(f"{rule}, got {seen}")


def _shape(array: np.ndarray) -> str:
    return f"the shape {array.shape}"
