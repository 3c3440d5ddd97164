from __future__ import annotations

import pytest

pytestmark = pytest.mark.engine


def test_what_mxnet_has_taken_is_its_peak() -> None:
    from semseg.engines.gluon.gpu_memory import GpuMemory

    free = iter([70, 40])
    memory = GpuMemory(1, lambda number: (next(free) + number, 100))
    memory.begin()
    assert (memory.held(), memory.free(), memory.peak()) == (0, 71, 30)
