from __future__ import annotations

import gc
import os
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from semseg.plumbing.kept_arrays import KeptArrays, Stamp, new_arrays, opened

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a name is Linux's")

THEN, LATER = Stamp(1, 10), Stamp(2, 10)


def filled(value: int, *shape: int) -> np.ndarray:
    return np.full(shape, value, np.uint8)


def test_an_array_is_kept_to_the_bit_with_its_shape() -> None:
    arrays = new_arrays(most=4, room=1000)
    image = np.arange(30, dtype=np.uint8).reshape(2, 5, 3)
    assert arrays.put(7, THEN, image)
    found = arrays.get(7, THEN)
    assert found is not None
    np.testing.assert_array_equal(found, image)
    assert not found.flags.writeable
    assert (arrays.count, arrays.used) == (1, 30)


def test_an_array_of_another_state_of_its_file_is_not_given_and_can_be_replaced() -> None:
    arrays = new_arrays(most=4, room=1000)
    arrays.put(7, THEN, filled(1, 3))
    assert arrays.get(7, LATER) is None
    assert arrays.get(8, THEN) is None
    arrays.put(7, LATER, filled(2, 3))
    found = arrays.get(7, LATER)
    assert found is not None
    assert found.tolist() == [2, 2, 2]
    assert arrays.count == 1


def test_what_has_no_room_is_not_kept_and_harms_nothing() -> None:
    arrays = new_arrays(most=8, room=10)
    assert arrays.put(1, THEN, filled(1, 6))
    assert not arrays.put(2, THEN, filled(2, 5))
    assert arrays.put(3, THEN, filled(3, 4))
    assert not arrays.put(4, THEN, filled(4, 1))
    assert [arrays.get(key, THEN) is not None for key in (1, 2, 3, 4)] == [True, False, True, False]
    assert (arrays.count, arrays.used) == (2, 10)


def test_what_is_kept_already_takes_no_room_again() -> None:
    arrays = new_arrays(most=8, room=10)
    assert arrays.put(1, THEN, filled(1, 6))
    assert arrays.put(1, THEN, filled(1, 6))
    assert arrays.used == 6


def test_keys_that_begin_at_one_place_are_told_apart() -> None:
    arrays = new_arrays(most=6, room=1000)
    keys = [2**63 + 16 * number for number in range(6)]  # of 16 places
    for number, key in enumerate(keys):
        assert arrays.put(key, THEN, filled(number, 2))
    assert not arrays.put(5, THEN, filled(9, 2))
    assert [array[0] for key in keys if (array := arrays.get(key, THEN)) is not None] == [0, 1, 2, 3, 4, 5]


def test_threads_that_put_at_once_lose_nothing() -> None:
    arrays = new_arrays(most=400, room=40_000)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda key: arrays.put(key, THEN, filled(key % 256, 100)), range(400)))
    assert (arrays.count, arrays.used) == (400, 40_000)
    for key in range(400):
        found = arrays.get(key, THEN)
        assert found is not None
        assert set(found.tolist()) == {key % 256}


OTHER_PROCESS = """
import pickle, sys
import numpy as np
from semseg.plumbing.kept_arrays import Stamp
arrays = pickle.loads(bytes.fromhex(sys.argv[1]))
found = arrays.get(1, Stamp(1, 10))
arrays.put(2, Stamp(1, 10), found + np.uint8(1))
print("put", flush=True)
sys.stdin.read()
"""


def another(arrays: KeptArrays) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OTHER_PROCESS, pickle.dumps(arrays).hex()]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_another_process_sees_the_same_arrays_and_one_that_is_killed_leaves_them() -> None:
    arrays = new_arrays(most=4, room=1000)
    arrays.put(1, THEN, filled(5, 3))
    with another(arrays) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "put\n"
        process.send_signal(signal.SIGKILL)
    found = arrays.get(2, THEN)
    assert found is not None
    assert found.tolist() == [6, 6, 6]


def open_memory() -> int:
    """The files without a name that this process has open."""
    links = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
    return sum("memfd:semseg" in link for link in links)


def test_the_memory_goes_with_the_last_who_holds_it() -> None:
    gc.collect()  # what other tests have left
    before = open_memory()
    arrays = new_arrays(most=4, room=1000)
    arrays.put(1, THEN, filled(5, 3))
    place = arrays.place
    found = arrays.get(1, THEN)
    del arrays
    gc.collect()
    assert found is not None
    assert found.tolist() == [5, 5, 5]  # still there
    del found
    gc.collect()
    assert open_memory() == before
    assert opened(place) is None


def test_more_than_a_system_can_share_is_refused() -> None:
    with pytest.raises(OSError, match=r"^9223372036854775807 bytes cannot be shared"):
        new_arrays(most=4, room=2**63 - 1)


def test_another_file_that_has_its_number_by_now_is_left_alone(tmp_path: Path) -> None:
    arrays = new_arrays(most=4, room=1000)
    place = arrays.place
    del arrays
    gc.collect()
    (tmp_path / "other").write_bytes(b"precious")
    file = os.open(tmp_path / "other", os.O_RDWR)
    taken = file if file == place.file else os.dup2(file, place.file)
    try:
        assert opened(place) is None
    finally:
        for number in {file, taken}:
            os.close(number)
    assert (tmp_path / "other").read_bytes() == b"precious"
