"""MXNet's parameter files, which every model archive holds, read and written with numpy alone.

Source of the format: ``NDArray::Load``, ``LegacyLoad`` and ``Save`` in MXNet 1.9.1's ``ndarray.cc``. All numbers are
little-endian. A file is

    magic 0x112 (8 bytes) | 0 (8) | count (8) | so many arrays | count (8) | so many names, each a length (8) and bytes

and an array is ``tag (4) | [storage type (4)] | dimensions (4) | each of them (8) | device (8) | type (4) | values``.
"""

from __future__ import annotations

import contextlib
import math
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from semseg.archive.parameter_file_start import MAX_FILE, START, check_start
from semseg.errors import ModelError
from semseg.plumbing.regular_file import read_regular
from semseg.plumbing.whole_file import beside

TAG_1, TAG_2, TAG_3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
PROCESSOR = struct.pack("<ii", 1, 0)  # the device of an array: the first processor
DENSE = 0  # the storage type of an array that is not sparse
MOST_DIMENSIONS = 32
LONGEST_NAME = 4096  # bytes
MOST_SHOWN = 80  # characters of a name
# MXNet's type flags
TYPES = {0: "<f4", 1: "<f8", 2: "<f2", 3: "u1", 4: "<i4", 5: "i1", 6: "<i8"}


def read_parameters(path: Path) -> dict[str, np.ndarray]:
    """Returns every parameter of a file by its name, without the ``arg:`` and ``aux:`` that older files put before it.

    Raises:
        ModelError: the file is no such file, or it is cut off.
    """
    try:
        data = memoryview(read_regular(path, MAX_FILE))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    check_start(path, bytes(data[: len(START)]))
    try:
        return _Reader(data).parameters()
    except (struct.error, ValueError) as error:
        raise ModelError(f"{path.name} must be a whole file of MXNet parameters: {error}") from error


def write_parameters(path: Path, parameters: Mapping[str, np.ndarray], forced: bool = True) -> None:
    """Writes a file as MXNet 1.9.1 writes it, whole or not at all; any engine can make a model archive with it.

    MXNet itself writes a file that is cut off where the disk is full, and says nothing.

    Args:
        parameters: arrays by their names, each of which is asked for once. They are of one of the types of MXNet,
            float16, float32, float64, int8, uint8, int32 or int64, and have 1 to 32 dimensions.
        forced: False does not force the file to disk.

    Raises:
        ValueError: an array is of another type, or has no dimension.
        OSError: the file cannot be written.
    """
    with beside(path, forced) as part, part.open("wb") as file:
        file.write(START + struct.pack("<QQ", 0, len(parameters)))
        for name, array in parameters.items():
            file.write(_head(name, array))
            file.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
        file.write(struct.pack("<Q", len(parameters)))
        for name in parameters:
            encoded = name.encode()
            file.write(struct.pack("<Q", len(encoded)) + encoded)


def _head(name: str, array: np.ndarray) -> bytes:
    """Returns the bytes that stand before the values of an array."""
    flags = {np.dtype(dtype): flag for flag, dtype in TYPES.items()}
    flag = flags.get(array.dtype.newbyteorder("<"))
    if flag is None or not 1 <= array.ndim <= MOST_DIMENSIONS:
        raise ValueError(f"{name} must be an array of a type that MXNet has, got {array.dtype} of shape {array.shape}")
    shape = struct.pack(f"<I{array.ndim}q", array.ndim, *array.shape)
    return struct.pack("<Ii", TAG_2, DENSE) + shape + PROCESSOR + struct.pack("<i", flag)


def check_finite(path: Path) -> None:
    """Raises ModelError where a parameter is NaN or infinite, which makes every answer of the network worthless.

    A file that cannot be read passes: the engine that loads it says so.
    """
    parameters: dict[str, np.ndarray] = {}
    with contextlib.suppress(ModelError):
        parameters = read_parameters(path)
    for name, values in parameters.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise ModelError(
                f"{path.name} must hold finite numbers, but {name[:MOST_SHOWN]} has NaN or infinity: its training went "
                f"astray, so train again, with a smaller learning_rate"
            )


class _Reader:
    """Reads a parameter file from its first byte to its last."""

    def __init__(self, data: memoryview) -> None:
        self.data = data
        self.position = 0

    def parameters(self) -> dict[str, np.ndarray]:
        """Returns all arrays of the file by their names."""
        self._bytes(len(START))
        self._number("<Q")
        arrays = self._list(self._array)
        names = self._list(self._name)
        if len(arrays) != len(names):
            raise ValueError(f"it has {len(arrays)} arrays and {len(names)} names")
        if self.position < len(self.data):
            raise ValueError(f"{len(self.data) - self.position} bytes follow its end")
        parameters = dict(zip(names, arrays))
        if len(parameters) < len(names):
            raise ValueError("it has a name twice")
        return parameters

    def _list(self, read: Callable[[], object]) -> list:
        return [read() for _ in range(self._number("<Q"))]

    def _name(self) -> str:
        length = self._number("<Q")
        if length > LONGEST_NAME:
            raise ValueError(f"a name of {length} bytes")
        return bytes(self._bytes(length)).decode().split(":", 1)[-1]

    def _array(self) -> np.ndarray:
        tag = self._number("<I")
        if tag in (TAG_2, TAG_3) and (storage := self._number("<i")) != DENSE:
            raise ValueError(f"an array of storage type {storage}, where parameters are dense")
        shape = self._dimensions("<q") if tag in (TAG_1, TAG_2, TAG_3) else self._older_dimensions(tag)
        self._bytes(8)  # skips the device that the array was on
        flag = self._number("<i")
        if flag not in TYPES:
            raise ValueError(f"an array of type {flag}, which is none of MXNet's")
        dtype = np.dtype(TYPES[flag])
        return np.frombuffer(self._bytes(math.prod(shape) * dtype.itemsize), dtype).reshape(shape)

    def _dimensions(self, form: str) -> tuple[int, ...]:
        return self._sized(self._number("<I"), form)

    def _older_dimensions(self, count: int) -> tuple[int, ...]:
        """Returns the shape of an array in the older format without a tag, which begins with its number of
        dimensions.
        """
        return self._sized(count, "<I")

    def _sized(self, count: int, form: str) -> tuple[int, ...]:
        if not 1 <= count <= MOST_DIMENSIONS:
            raise ValueError(f"an array of {count} dimensions")
        shape = tuple(self._number(form) for _ in range(count))
        if min(shape) < 0:
            raise ValueError(f"an array of shape {shape}")
        return shape

    def _number(self, form: str) -> int:
        return int(struct.unpack(form, self._bytes(struct.calcsize(form)))[0])

    def _bytes(self, count: int) -> memoryview:
        end = self.position + count
        if count < 0 or end > len(self.data):
            raise ValueError(f"it ends at byte {len(self.data)}, within an array or a name")
        part = self.data[self.position : end]
        self.position = end
        return part
