"""The processes that train one network together."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from semseg.errors import PlatformError


class GroupEnded(PlatformError):
    """Raised in a process whose group cannot go on because of another process. The cause is to be found there."""


class Group(Protocol):
    """Several processes that do the same steps, each with its share of the work.

    All of them call :meth:`sum` and :meth:`barrier` equally often and in the same order.

    Attributes:
        rank: which of them this process is, 0 to ``size`` - 1; rank 0 writes files and logs.
        size: how many they are, at least 1.
    """

    rank: int
    size: int

    def sum(self, array: np.ndarray) -> np.ndarray:
        """Returns the sum of the arrays of all processes, the same in each; of the same shape and dtype.

        Raises:
            GroupEnded: a process of the group has ended, or does not answer.
        """
        ...

    def barrier(self) -> None:
        """Waits until all processes are here.

        Raises:
            GroupEnded: a process of the group has ended, or does not answer.
        """
        ...


class Alone:
    """A group of one process."""

    rank = 0
    size = 1

    def sum(self, array: np.ndarray) -> np.ndarray:
        """Returns the array itself."""
        return array

    def barrier(self) -> None:
        """Returns at once."""


ALONE = Alone()


def share(count: int, group: Group) -> slice:
    """Returns which of ``count`` items in a row belong to this process; the shares differ by at most one.

    A batch of 8 over three processes is shared out as 3, 3 and 2.
    """
    return shares(count, group.size)[group.rank]


def shares(count: int, parts: int) -> list[slice]:
    """Returns which of ``count`` items in a row belong to each of so many parts, which differ by at most one."""
    least, more = divmod(count, parts)
    starts = [number * least + min(number, more) for number in range(parts + 1)]
    return [slice(start, end) for start, end in zip(starts, starts[1:])]


def from_first(value: int, group: Group) -> int:
    """Returns the number that rank 0 has, in each process of the group."""
    return gathered(value, group)[0]


def float_from_first(value: float, group: Group) -> float:
    """Returns the float that rank 0 has, bit for bit, in each process of the group."""
    return float(group.sum(np.array([value if group.rank == 0 else 0.0]))[0])


def bytes_of(rank: int, content: bytes, group: Group) -> bytes:
    """Returns the bytes that the process of this rank has, in each process of the group; those of the others count for
    nothing.
    """
    is_it = group.rank == rank
    size = gathered(len(content) if is_it else 0, group)[rank]
    if not size:
        return b""
    return group.sum(np.frombuffer(content, np.uint8) if is_it else np.zeros(size, np.uint8)).tobytes()


def gathered(value: int, group: Group) -> list[int]:
    """Returns the numbers that all processes of the group have, below 2**63, in the order of their ranks."""
    values = np.zeros(group.size, np.int64)
    values[group.rank] = value
    return [int(number) for number in group.sum(values)]
