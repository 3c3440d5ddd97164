"""Why a job failed, as the failure file has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.container.failure import reason_of
from semseg.engines.out_of_memory import OutOfMemory
from semseg.errors import ChannelError

OF_MXNET = """Traceback (most recent call last):
  File "../src/storage/./cpu_device_storage.h", line 73
MXNetError: Failed to allocate CPU Memory"""
NEEDS_LESS = ": a smaller mini_batch_size or crop_size, or a larger accumulate, needs less"


class MXNetError(RuntimeError):
    """Named as that of the engine, which puts a traceback of its own into its text."""


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ChannelError("channel train has no pictures"), "channel train has no pictures"),
        (
            MXNetError(OF_MXNET),
            f"the algorithm failed with too little memory (MXNetError: Failed to allocate CPU Memory){NEEDS_LESS}",
        ),
        (
            RuntimeError(
                "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes.\nX"
            ),
            "the algorithm failed with too little memory (RuntimeError: [enforce fail] DefaultCPUAllocator: can't "
            f"allocate memory: you tried to allocate 8 bytes.){NEEDS_LESS}",
        ),
        (
            OutOfMemory("a step runs out of memory even with one sample at a time: lower crop_size"),
            "the algorithm failed with too little memory: a step runs out of memory even with one sample at a time: "
            "lower crop_size",
        ),
        (MemoryError(), f"the algorithm failed with too little memory (MemoryError: ){NEEDS_LESS}"),
        (ValueError("a bug\nwith details"), "the algorithm failed with ValueError: a bug"),
    ],
)
def test_the_reason_is_one_line_and_says_where_memory_ran_out(error: Exception, reason: str, tmp_path: Path) -> None:
    assert reason_of(error, tmp_path) == reason
