"""The memory of a GPU that PyTorch computes on."""

from __future__ import annotations

from typing import Protocol

import torch


class Cuda(Protocol):
    """The part of ``torch.cuda`` that tells of memory."""

    def mem_get_info(self, device: torch.device) -> tuple[int, int]: ...

    def memory_reserved(self, device: torch.device) -> int: ...

    def memory_allocated(self, device: torch.device) -> int: ...

    def max_memory_allocated(self, device: torch.device) -> int: ...

    def reset_peak_memory_stats(self, device: torch.device) -> None: ...


class GpuMemory:
    """The memory of a GPU by CUDA. What PyTorch keeps of it without a use counts as free."""

    def __init__(self, device: torch.device, cuda: Cuda = torch.cuda) -> None:
        self._device = device
        self._cuda = cuda

    def held(self) -> int:
        """Returns the bytes that are in use by this process."""
        return self._cuda.memory_allocated(self._device)

    def free(self) -> int:
        """Returns the bytes that this process can still use."""
        unused = self._cuda.memory_reserved(self._device) - self.held()
        return self._cuda.mem_get_info(self._device)[0] + unused

    def begin(self) -> None:
        """Lets :meth:`peak` begin anew."""
        self._cuda.reset_peak_memory_stats(self._device)

    def peak(self) -> int:
        """Returns the most bytes that were in use since :meth:`begin`."""
        return self._cuda.max_memory_allocated(self._device)
