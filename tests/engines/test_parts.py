from __future__ import annotations

import numpy as np
import pytest

from semseg.engines.group import shares
from semseg.engines.out_of_memory import is_out_of_memory
from semseg.engines.parts import PARTS, kept_parts, parts_again


def test_parts_differ_by_one_sample_at_most_and_leave_none_out() -> None:
    assert shares(8, 3) == [slice(0, 3), slice(3, 6), slice(6, 8)]
    assert shares(2, 2) == [slice(0, 1), slice(1, 2)]
    assert shares(1, 2) == [slice(0, 1), slice(1, 1)]
    assert shares(5, 1) == [slice(0, 5)]


def test_an_engine_goes_on_in_as_many_parts_as_it_had_come_to() -> None:
    assert parts_again(1, 1, {PARTS: kept_parts(4, 1)}) == 4
    assert parts_again(8, 1, {PARTS: kept_parts(4, 1)}) == 8  # there is less memory now
    assert parts_again(2, 2, {PARTS: kept_parts(4, 1)}) == 2  # the job asks for something else now
    assert parts_again(1, 1, {"loss": np.zeros(2)}) == 1  # as an older version kept it


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("Traceback\n  File\nMXNetError: Failed to allocate CPU Memory"),
        MemoryError(),
    ],
)
def test_what_engines_say_without_memory_is_known(error: Exception) -> None:
    assert is_out_of_memory(error)


def test_other_errors_are_not_taken_for_it() -> None:
    assert not is_out_of_memory(RuntimeError("shapes (2, 3) and (4, 3) do not fit"))
