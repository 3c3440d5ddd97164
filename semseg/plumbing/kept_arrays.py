"""Arrays of bytes in memory that several processes of this machine share: kept once, seen by all of them.

The memory has no name in any folder. It is given back when the last process that has it open ends, however that ends.
"""

from __future__ import annotations

import mmap
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

# Where an array is; nothing is kept where the offset is 0.
_ENTRY = np.dtype([("key", "u8"), ("offset", "i8"), ("stamp", "i8", 2), ("shape", "i4", 3), ("dimensions", "i4")])
_PAGE = mmap.PAGESIZE
_NAME = "semseg"  # seen in /proc alone


class Stamp(NamedTuple):
    """What tells whether a file is still the one that was read: the time of its last change in ns, and its bytes."""

    changed: int
    size: int


class Place(NamedTuple):
    """Where memory can be opened by other processes of this machine: a file that a process has open, and its size.

    Attributes:
        process: the number of the process that made it.
        file: its file descriptor there.
        most: the most arrays in it.
        room: the most bytes of all of them together.
    """

    process: int
    file: int
    most: int
    room: int

    @property
    def slots(self) -> int:
        """Returns how many entries the memory has: twice as many as arrays at least, so that one is found quickly."""
        return 1 << (2 * self.most).bit_length()

    @property
    def begin(self) -> int:
        """Returns where the arrays begin, behind the totals and the entries."""
        return -(-(_PAGE + self.slots * _ENTRY.itemsize) // _PAGE) * _PAGE

    @property
    def size(self) -> int:
        """Returns the bytes of the whole memory, of which only those are taken that were written to."""
        return self.begin + self.room


class KeptArrays:
    """Arrays by their keys, in memory that is taken as it is needed. It can be sent to another process of this machine,
    which then sees the same arrays; None arrives where that cannot open it.

    Args:
        file: a file descriptor of the memory, as large as the place says; it is closed with this object.
        place: where others find it.

    Raises:
        OSError: it cannot be mapped.
    """

    def __init__(self, file: int, place: Place) -> None:
        weakref.finalize(self, os.close, file)
        self.place = place
        self._file = file
        self._threads = threading.Lock()
        self._memory = mmap.mmap(file, place.size)
        self._totals = np.frombuffer(self._memory, np.int64, 2)  # bytes taken, and arrays kept
        self._entries = np.frombuffer(self._memory, _ENTRY, place.slots, _PAGE)

    def __reduce__(self) -> tuple[object, ...]:
        return opened, (self.place,)

    @property
    def used(self) -> int:
        """Returns how many bytes the arrays take."""
        return int(self._totals[0])

    @property
    def count(self) -> int:
        """Returns how many arrays are kept."""
        return int(self._totals[1])

    def count_of(self, dimensions: int) -> int:
        """Returns how many arrays of so many dimensions are kept."""
        return int(np.count_nonzero(self._entries["dimensions"] == dimensions))

    def get(self, key: int, stamp: Stamp) -> np.ndarray | None:
        """Returns the array of a key, uint8 and read-only; None if it is not kept, or with another stamp.

        Args:
            key: 0 to 2**64 - 1; keys should be spread evenly.
        """
        with self._locked():
            entry = self._entries[self._slot(key)].copy()
        offset = int(entry["offset"])
        if not offset or tuple(entry["stamp"]) != stamp:
            return None
        shape = tuple(int(count) for count in entry["shape"][: entry["dimensions"]])
        found: np.ndarray = np.ndarray(shape, np.uint8, self._memory, offset)
        found.flags.writeable = False
        return found

    def put(self, key: int, stamp: Stamp, array: np.ndarray, left: int = 0) -> bool:
        """Keeps a copy of an array, unless it is kept already; returns whether there was room.

        Args:
            array: uint8, of at most three dimensions.
            left: how many bytes must be left for others.
        """
        if self.get(key, stamp) is not None:
            return True
        offset = self._taken(array.nbytes, self.place.room - left)
        if offset is None:
            return False
        np.ndarray(array.shape, np.uint8, self._memory, offset)[...] = array
        with self._locked():
            slot = self._slot(key)
            self._totals[1] += self._entries[slot]["offset"] == 0
            shape = (*array.shape, *(0,) * (3 - array.ndim))
            self._entries[slot] = (key, offset, stamp, shape, array.ndim)
        return True

    def _taken(self, size: int, room: int) -> int | None:
        """Takes bytes for an array, and returns where they begin; None if all arrays would need more than ``room``."""
        with self._locked():
            used = int(self._totals[0])
            if used + size > room or self.count >= self.place.most:
                return None
            self._totals[0] = used + size
        return self.place.begin + used

    def _slot(self, key: int) -> int:
        """Returns where the entry of a key is, or would be."""
        slot = key % len(self._entries)
        # int(): numpy would compare 64 bits without sign by way of floats
        while self._entries[slot]["offset"] and int(self._entries[slot]["key"]) != key:
            slot = (slot + 1) % len(self._entries)
        return slot

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keeps other threads and other processes out; the system opens it when a process ends within."""
        import fcntl  # not at the top: Windows has none, and imports this file all the same

        with self._threads:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


def new_arrays(most: int, room: int) -> KeptArrays:
    """Returns memory for arrays, with none in it.

    Args:
        most: the most arrays.
        room: the most bytes of all of them together.

    Raises:
        OSError: this system has no memory without a name, or not so much.
    """
    if not hasattr(os, "memfd_create"):
        raise OSError("this system has no memory without a name")
    file = os.memfd_create(_NAME, os.MFD_CLOEXEC)
    place = Place(os.getpid(), file, most, room)
    try:
        os.ftruncate(file, place.size)
    except (OSError, OverflowError) as error:
        os.close(file)
        raise OSError(f"{room} bytes cannot be shared: {error}") from error
    return KeptArrays(file, place)


def opened(place: Place) -> KeptArrays | None:
    """Returns the memory that a process of this machine made; None if it has ended, or cannot be reached from here."""
    name = f"/proc/{place.process}/fd/{place.file}"
    try:
        if not os.readlink(name).startswith(f"/memfd:{_NAME} "):  # closed, and the number given to another file
            return None
        file = os.open(name, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    if os.fstat(file).st_size != place.size:
        os.close(file)
        return None
    return KeptArrays(file, place)
