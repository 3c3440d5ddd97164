"""A group whose processes are threads of one process, for what needs no process of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from semseg.engines.group import Group, GroupEnded

SECONDS = 60
Result = TypeVar("Result")


class Meeting:
    """What the threads of a group have brought to each of their sums, the first, the second and so on."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._rounds: list[dict[int, np.ndarray]] = []
        self._has_left: set[int] = set()
        self._changed = threading.Condition()

    def bring(self, rank: int, number: int, array: np.ndarray) -> list[np.ndarray]:
        """Returns what all threads brought to a sum, once they have."""
        with self._changed:
            while len(self._rounds) <= number:
                self._rounds.append({})
            brought = self._rounds[number]
            brought[rank] = array
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(brought) == self.size or self._has_left - set(brought), SECONDS)
            if len(brought) < self.size:
                raise GroupEnded("another thread has ended")
            return [brought[each] for each in range(self.size)]

    def leave(self, rank: int) -> None:
        """Lets the others know that a thread brings nothing more."""
        with self._changed:
            self._has_left.add(rank)
            self._changed.notify_all()


class GroupOfThreads:
    """One thread's place in a group."""

    def __init__(self, rank: int, meeting: Meeting) -> None:
        self.rank, self.size = rank, meeting.size
        self._meeting = meeting
        self._sums = 0

    def sum(self, array: np.ndarray) -> np.ndarray:
        """Returns the sum, which is refused of arrays of different shapes or types."""
        arrays = self._meeting.bring(self.rank, self._sums, array)
        self._sums += 1
        assert {(each.shape, each.dtype) for each in arrays} == {(array.shape, array.dtype)}
        return np.sum(arrays, axis=0, dtype=array.dtype)

    def barrier(self) -> None:
        """Waits for all threads."""
        self.sum(np.zeros(1))


def in_threads(size: int, function: Callable[[Group], Result]) -> list[Result | Exception]:
    """Calls a function in each thread of a group at once; returns what each returned, or the error that it raised."""
    meeting = Meeting(size)

    def call(rank: int) -> Result | Exception:
        try:
            return function(GroupOfThreads(rank, meeting))
        except Exception as error:
            return error
        finally:
            meeting.leave(rank)

    with ThreadPoolExecutor(size) as threads:
        return list(threads.map(call, range(size)))
