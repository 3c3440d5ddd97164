from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from semseg.serving.shared_array import SharedArray


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_both_who_have_the_file_see_the_same_array() -> None:
    one = SharedArray.create((2, 3), np.float32)
    assert one.array.tolist() == [[0, 0, 0], [0, 0, 0]]
    other = SharedArray(os.dup(one.file), (2, 3), np.float32)
    one.array[1, 2] = 0.5
    assert other.array.tolist() == [[0, 0, 0], [0, 0, 0.5]]
    other.array[0, 0] = 2
    assert one.array[0, 0] == 2


def test_the_array_outlives_its_file() -> None:
    shared = SharedArray.create((4,), np.uint8)
    shared.array[:] = 7
    array = shared.array
    shared.close()
    shared.close()
    assert array.tolist() == [7, 7, 7, 7]


@pytest.mark.skipif(sys.platform != "linux", reason="counts the open files of Linux")
def test_nothing_stays_open() -> None:
    before = open_files()
    for _ in range(10):
        shared = SharedArray.create((100, 100, 3), np.uint8)
        del shared
    assert open_files() == before


def test_an_array_larger_than_the_address_space_is_out_of_memory() -> None:
    with pytest.raises(MemoryError):
        SharedArray.create((2**50,), np.float32)


def test_a_file_that_is_too_small_is_refused() -> None:
    shared = SharedArray.create((10,), np.uint8)
    with pytest.raises(ValueError, match="mmap length"):
        SharedArray(os.dup(shared.file), (11,), np.uint8)


@pytest.mark.skipif(sys.platform != "linux", reason="counts the open files of Linux")
def test_an_array_that_cannot_be_made_tells_why_and_closes_its_file_once() -> None:
    before = open_files()
    with pytest.raises(ValueError, match="OBJECT"):
        SharedArray.create((3,), np.object_)
    assert open_files() == before


def test_without_memfd_the_memory_is_a_file_that_has_no_name_any_more(tmp_path: Path) -> None:
    program = (
        "import os, sys; del os.memfd_create\n"
        "import numpy as np; from semseg.serving.shared_array import SharedArray\n"
        "one = SharedArray.create((2, 3), np.float32); other = SharedArray(os.dup(one.file), (2, 3), np.float32)\n"
        "one.array[1, 2] = 0.5; print(other.array.tolist(), os.listdir(sys.argv[1]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[[0.0, 0.0, 0.0], [0.0, 0.0, 0.5]] []\n", "")
