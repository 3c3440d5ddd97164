from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import torch

pytestmark = pytest.mark.pytorch


@dataclass
class Cuda:
    """A GPU of 100 bytes, 30 of them with others; of 50 that PyTorch has, 20 are in use, and 45 were at the peak."""

    highest: int = 45

    def mem_get_info(self, device: torch.device) -> tuple[int, int]:
        return 20, 100

    def memory_reserved(self, device: torch.device) -> int:
        return 50

    def memory_allocated(self, device: torch.device) -> int:
        return 20

    def max_memory_allocated(self, device: torch.device) -> int:
        return self.highest

    def reset_peak_memory_stats(self, device: torch.device) -> None:
        self.highest = 20


def test_what_pytorch_keeps_without_a_use_is_free() -> None:
    import torch

    from semseg.engines.pytorch.gpu_memory import GpuMemory

    memory = GpuMemory(torch.device("cuda", 0), Cuda())
    assert (memory.held(), memory.free(), memory.peak()) == (20, 50, 45)
    memory.begin()
    assert memory.peak() == 20
