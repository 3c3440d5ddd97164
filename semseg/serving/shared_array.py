"""An array that two processes share. Its memory is an open file without a name, so that nothing is left on disk."""

from __future__ import annotations

import errno
import math
import mmap
import os
import tempfile
from collections.abc import Sequence

import numpy as np

# Maps all pages at once, not each when it is touched: several times as fast if the other side has them already.
POPULATE = getattr(mmap, "MAP_POPULATE", 0)


class SharedArray:
    """An array and the open file that holds it.

    Attributes:
        array: lives as long as somebody refers to it, also after :meth:`close`.
        file: its file descriptor, to be sent to another process.
    """

    def __init__(self, file: int, shape: Sequence[int], dtype: type[np.generic]) -> None:
        """Takes over an open file that holds such an array in C order.

        Raises:
            MemoryError: it does not fit into the address space.
            ValueError: the file is smaller than the array.
        """
        size = math.prod(shape) * np.dtype(dtype).itemsize
        try:
            memory = mmap.mmap(file, size, mmap.MAP_SHARED | POPULATE)
        except OSError as error:
            raise _out_of_memory(error, size) from error
        self.array: np.ndarray = np.frombuffer(memory, dtype).reshape(shape)
        self.file = file  # from here on it is closed by this object

    @classmethod
    def create(cls, shape: Sequence[int], dtype: type[np.generic]) -> SharedArray:
        """Returns a new array of zeros.

        Raises:
            MemoryError: there is no room for it.
        """
        size = math.prod(shape) * np.dtype(dtype).itemsize
        try:
            file = _unnamed_file()
        except OSError as error:
            raise _out_of_memory(error, size) from error
        try:
            os.ftruncate(file, size)
            return cls(file, shape, dtype)
        except OSError as error:
            os.close(file)
            raise _out_of_memory(error, size) from error
        except BaseException:
            os.close(file)
            raise

    def close(self) -> None:
        """Closes the file; the array can still be used."""
        if self.file >= 0:
            os.close(self.file)
            self.file = -1

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.close()


def _unnamed_file() -> int:
    if hasattr(os, "memfd_create"):
        return os.memfd_create("semseg", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:  # not Linux
        return os.dup(file.fileno())


def _out_of_memory(error: OSError, size: int) -> Exception:
    if error.errno in (errno.ENOMEM, errno.ENOSPC, errno.EMFILE, errno.ENFILE):
        return MemoryError(f"there is no room for an array of {size} bytes")
    return error
