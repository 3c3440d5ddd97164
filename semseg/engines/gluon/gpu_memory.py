"""The memory of a GPU that MXNet computes on."""

from __future__ import annotations

from collections.abc import Callable

import mxnet as mx


class GpuMemory:
    """The memory of a GPU by MXNet, which gives nothing back that it has had: so what it has is its peak.

    Args:
        number: of the GPU.
        info: returns how many bytes of it are free, and how many there are.
    """

    def __init__(self, number: int, info: Callable[[int], tuple[int, int]] = mx.context.gpu_memory_info) -> None:
        self._number = number
        self._info = info
        self._free = info(number)[0]

    def held(self) -> int:
        """Returns 0: what is counted begins with this object."""
        return 0

    def free(self) -> int:
        """Returns the bytes that were free when this object was made."""
        return self._free

    def begin(self) -> None:
        """Does nothing: the greatest number of samples comes last."""

    def peak(self) -> int:
        """Returns the bytes that were taken since this object was made."""
        return self._free - self._info(self._number)[0]
