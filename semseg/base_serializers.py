"""The form of a serializer, and one for each text and tensor format of the SageMaker Python SDK v2.

Each takes a file, too, or anything else with ``read()``, and sends what is in it.
"""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from semseg.contract import media_types
from semseg.contract.echoed import echoed
from semseg.errors import UserError


class BaseSerializer(ABC):
    """The form of every serializer: a media type and one method."""

    @abstractmethod
    def serialize(self, data: Any) -> Any:
        """Returns the body of a request: bytes or text, or a file that is read for it."""

    @property
    @abstractmethod
    def CONTENT_TYPE(self) -> str:
        """The media type of the body."""


class SimpleBaseSerializer(BaseSerializer):
    """A serializer whose media type is an argument."""

    def __init__(self, content_type: str = media_types.JSON) -> None:
        if not isinstance(content_type, str):
            raise UserError(f"content_type must be a string such as 'image/jpeg', got {echoed(content_type)}")
        self.content_type = content_type

    @property
    def CONTENT_TYPE(self) -> str:
        return self.content_type


class JSONSerializer(SimpleBaseSerializer):
    """Sends JSON; arrays as lists."""

    def serialize(self, data: Any) -> Any:
        return data.read() if hasattr(data, "read") else _json(data)


class JSONLinesSerializer(SimpleBaseSerializer):
    """Sends text as it is, and each item of anything else as JSON on a line of its own."""

    def __init__(self, content_type: str = media_types.JSON_LINES) -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> Any:
        if isinstance(data, str):
            return data
        return data.read() if hasattr(data, "read") else "\n".join(map(_json, data))


class CSVSerializer(SimpleBaseSerializer):
    """Sends CSV: text as it is, one row, or a list of rows; a row is text or its values."""

    def __init__(self, content_type: str = media_types.CSV) -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> Any:
        """Returns the values as CSV.

        Raises:
            UserError: there is no value, or none in a row.
        """
        if hasattr(data, "read"):
            return data.read()
        if isinstance(data, str):
            return data
        values = list(data)
        _check_not_empty(len(values))
        has_rows = isinstance(values[0], (list, tuple, np.ndarray, str))
        return "\n".join(_csv_row(row) for row in values) if has_rows else _csv_row(values)


class NumpySerializer(SimpleBaseSerializer):
    """Sends an array as NumPy saves it; Python objects, which would be a pickle, are refused.

    Args:
        dtype: the type of the array; None leaves it.
    """

    def __init__(self, dtype: Any = None, content_type: str = media_types.NPY) -> None:
        super().__init__(content_type)
        self.dtype = dtype

    def serialize(self, data: Any) -> bytes:
        """Returns the bytes of an .npy file.

        Raises:
            UserError: there is no value, or they are not numbers.
        """
        if hasattr(data, "read"):
            return bytes(data.read())
        array = np.asarray(data, self.dtype)
        _check_not_empty(array.size)
        if array.dtype.hasobject:
            raise UserError(f"an array must be of numbers, got {array.dtype}: give a dtype such as 'float32'")
        file = io.BytesIO()
        np.save(file, array, allow_pickle=False)
        return file.getvalue()


class SparseMatrixSerializer(SimpleBaseSerializer):
    """Sends a matrix of ``scipy.sparse`` as SciPy saves it."""

    def __init__(self, content_type: str = media_types.NPZ) -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> bytes:
        """Returns the bytes of an .npz file.

        Raises:
            UserError: it is no sparse matrix.
        """
        if not hasattr(data, "tocsr"):
            raise UserError(f"data must be a matrix of scipy.sparse, got {type(data).__name__}")
        from scipy import sparse  # whoever holds such a matrix has it

        file = io.BytesIO()
        sparse.save_npz(file, data)
        return file.getvalue()


class LibSVMSerializer(SimpleBaseSerializer):
    """Sends text in LibSVM's format as it is."""

    def __init__(self, content_type: str = media_types.LIBSVM) -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> Any:
        """Returns the text.

        Raises:
            UserError: it is neither text nor a file.
        """
        if isinstance(data, str):
            return data
        if hasattr(data, "read"):
            return data.read()
        raise UserError(f"data must be text in LibSVM's format, or a file of it, got {type(data).__name__}")


class StringSerializer(SimpleBaseSerializer):
    """Sends text: a string as it is, anything else as it prints."""

    def __init__(self, content_type: str = media_types.TEXT) -> None:
        super().__init__(content_type)

    def serialize(self, data: Any) -> Any:
        return data.read() if hasattr(data, "read") else str(data)


def _json(data: object) -> str:
    return json.dumps(data, default=_as_list)


def _as_list(data: object) -> object:
    if isinstance(data, (np.ndarray, np.generic)):
        return data.tolist()
    if isinstance(data, Mapping):
        return dict(data)
    raise UserError(f"data must be what JSON can say, got {type(data).__name__}")


def _csv_row(row: Any) -> str:
    if isinstance(row, str):
        return row
    _check_not_empty(len(row))
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()


def _check_not_empty(count: int) -> None:
    if count == 0:
        raise UserError("data must hold at least one value, got an empty array")
