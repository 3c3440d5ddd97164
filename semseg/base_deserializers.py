"""The form of a deserializer, and one for each text and tensor format of the SageMaker Python SDK v2."""

from __future__ import annotations

import csv
import io
import json
import tokenize
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from semseg.contract import media_types
from semseg.contract.echoed import echoed
from semseg.errors import UserError

if TYPE_CHECKING:
    import pandas

# What NumPy raises for a file that is none of its own, cut off, changed, encrypted, or compressed in an unknown way.
# MemoryError: one that claims to be larger than the machine; OverflowError: than any array; the last two: its header is
# no Python.
BROKEN_FILE = (
    *(ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError),
    *(MemoryError, OverflowError, tokenize.TokenError, SyntaxError),
)
LONGEST_REASON = 120  # characters that a sentence shows of another library's error, which may quote the whole answer


class Stream(Protocol):
    """The body of an answer."""

    def read(self, size: int = -1, /) -> bytes:
        """Returns so many bytes of it at most, and all that is left where ``size`` is below 0."""
        ...

    def close(self) -> None:
        """Gives back what it holds."""
        ...


class BaseDeserializer(ABC):
    """The form of every deserializer: the media types it accepts, and one method."""

    @abstractmethod
    def deserialize(self, stream: Stream, content_type: str) -> Any:
        """Returns what an answer says.

        Args:
            stream: the body; it has ``read()`` and ``close()``.
            content_type: its media type.
        """

    @property
    @abstractmethod
    def ACCEPT(self) -> tuple[str, ...]:
        """The media types that it can read, the most wanted first."""


class SimpleBaseDeserializer(BaseDeserializer):
    """A deserializer whose media types, one or a tuple, are an argument."""

    def __init__(self, accept: str | tuple[str, ...] = media_types.ANYTHING) -> None:
        self.accept = accept

    @property
    def ACCEPT(self) -> tuple[str, ...]:
        return (self.accept,) if isinstance(self.accept, str) else tuple(self.accept)


class StringDeserializer(SimpleBaseDeserializer):
    """The body as text."""

    def __init__(self, encoding: str = "UTF-8", accept: str | tuple[str, ...] = media_types.JSON) -> None:
        super().__init__(accept)
        self.encoding = encoding

    def deserialize(self, stream: Stream, content_type: str) -> str:
        """Returns the text.

        Raises:
            UserError: it is no text in this encoding.
        """
        with closing(stream):
            return _text(stream.read(), self.encoding)


class CSVDeserializer(SimpleBaseDeserializer):
    """A list of rows, each a list of strings."""

    def __init__(self, encoding: str = "utf-8", accept: str | tuple[str, ...] = media_types.CSV) -> None:
        super().__init__(accept)
        self.encoding = encoding

    def deserialize(self, stream: Stream, content_type: str) -> list[list[str]]:
        """Returns the rows.

        Raises:
            UserError: it is no CSV in this encoding.
        """
        with closing(stream):
            return _rows(_text(stream.read(), self.encoding))


class JSONDeserializer(SimpleBaseDeserializer):
    """What JSON says."""

    def __init__(self, accept: str | tuple[str, ...] = media_types.JSON) -> None:
        super().__init__(accept)

    def deserialize(self, stream: Stream, content_type: str) -> Any:
        """Returns what the JSON says.

        Raises:
            UserError: it is not JSON.
        """
        with closing(stream):
            return _json(_text(stream.read()))


class JSONLinesDeserializer(SimpleBaseDeserializer):
    """A list: what the JSON on each line says."""

    def __init__(self, accept: str | tuple[str, ...] = media_types.JSON_LINES) -> None:
        super().__init__(accept)

    def deserialize(self, stream: Stream, content_type: str) -> list[Any]:
        """Returns what the JSON on each line says.

        Raises:
            UserError: a line is not JSON.
        """
        with closing(stream):
            return [_json(line) for line in _text(stream.read()).split("\n") if line.strip()]


class NumpyDeserializer(SimpleBaseDeserializer):
    """An array, from NumPy's own files, CSV or JSON; of an .npz archive a dictionary of its arrays.

    Args:
        dtype: of an array from CSV or JSON; None means what fits.
        allow_pickle: False: what an endpoint sends is never unpickled.

    Raises:
        UserError: ``allow_pickle`` is anything else.
    """

    def __init__(
        self, dtype: Any = None, accept: str | tuple[str, ...] = media_types.NPY, allow_pickle: bool = False
    ) -> None:
        super().__init__(accept)
        if allow_pickle:
            raise UserError(f"allow_pickle must be False, got {allow_pickle!r}: a pickle may run any code")
        self.dtype = dtype
        self.allow_pickle = False

    def deserialize(self, stream: Stream, content_type: str) -> Any:
        """Returns the array, or the arrays of an .npz file by their names.

        Raises:
            UserError: the answer is of another media type, holds Python objects, is none of these files or cut off, or
                its rows make no array of this dtype.
        """
        with closing(stream):
            body = stream.read()
        media_type = media_types.bare(content_type)
        if media_type == media_types.CSV:
            return _array(lambda: np.genfromtxt(io.StringIO(_text(body)), delimiter=",", dtype=self.dtype))
        if media_type == media_types.JSON:
            rows = _json(_text(body))
            return _array(lambda: np.array(rows, dtype=self.dtype))
        if media_type in (media_types.NPY, media_types.NPZ):
            return _load(body)
        raise UserError(
            f"an array must come as {media_types.NPY}, {media_types.NPZ}, {media_types.CSV} or {media_types.JSON}, "
            f"got {shown(content_type)}"
        )


class PandasDeserializer(SimpleBaseDeserializer):
    """A pandas DataFrame, from CSV or JSON."""

    def __init__(self, accept: str | tuple[str, ...] = (media_types.CSV, media_types.JSON)) -> None:
        super().__init__(accept)

    def deserialize(self, stream: Stream, content_type: str) -> pandas.DataFrame:
        """Returns the table.

        Raises:
            UserError: pandas is not installed, or the answer is of another media type or no table.
        """
        try:
            import pandas
        except ImportError as error:
            raise UserError("PandasDeserializer needs pandas, which is not installed: pip install pandas") from error
        readers = {media_types.CSV: pandas.read_csv, media_types.JSON: pandas.read_json}
        reader = readers.get(media_types.bare(content_type))
        if reader is None:
            raise UserError(f"a table must come as {' or '.join(readers)}, got {shown(content_type)}")
        with closing(stream):
            text = _text(stream.read())
        try:
            return reader(io.StringIO(text))
        except (ValueError, TypeError, KeyError, AttributeError) as error:  # pandas has no error of its own for it
            raise UserError(
                f"the answer must be a table as {media_types.bare(content_type)}, got another: {_reason(error)}"
            ) from error


def shown(content_type: str) -> str:
    """Returns a media type as a sentence shows it: a server may send a very long one."""
    return echoed(content_type)


def _reason(error: Exception) -> str:
    return str(error)[:LONGEST_REASON]


def _text(body: bytes, encoding: str = "utf-8") -> str:
    try:
        return body.decode(encoding)
    except LookupError as error:
        raise UserError(f"encoding must be one that Python has, such as utf-8, got {echoed(encoding)}") from error
    except UnicodeError as error:
        raise UserError(f"the answer must be text in {encoding}, got {len(body)} other bytes") from error


def _rows(text: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:  # a field of more than 131,072 characters
        raise UserError(f"the answer must be CSV, got {text[:40]!r}: {_reason(error)}") from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:  # RecursionError: bracket upon bracket
        raise UserError(f"the answer must be JSON, got {text[:40]!r}: {_reason(error)}") from error


def _array(read: Callable[[], np.ndarray]) -> np.ndarray:
    try:
        return read()
    except UserError:
        raise
    except (ValueError, TypeError, OverflowError) as error:
        raise UserError(
            f"the answer must be the rows of an array, all of one length, got others: {_reason(error)}"
        ) from error


def _load(body: bytes) -> Any:
    try:
        loaded = np.load(io.BytesIO(body), allow_pickle=False)
        return loaded if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except BROKEN_FILE as error:
        raise UserError(
            f"the answer must be a file of NumPy without Python objects, got another: {_reason(error)}"
        ) from error
