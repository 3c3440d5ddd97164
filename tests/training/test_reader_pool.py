"""Processes that read samples. Here they evaluate expressions, for ``eval`` is a function that every process has."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from semseg.data.pictures.image_files import read_image
from semseg.errors import ImageError, PlatformError
from semseg.training.reader_pool import RaisedElsewhere, ReaderPool

REPOSITORY = Path(__file__).resolve().parents[2]
SECONDS = 60
OS = "__import__('os')"
READER = f"{OS}.getpid()"
PARENT = """
import sys
from semseg.training.reader_pool import ReaderPool

pool = ReaderPool(2)
assert list(pool.map(len, ["a", "bc"], 0)) == [1, 2]
print(*(reader.process.pid for reader in pool.readers), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[ReaderPool]:
    with ReaderPool(2) as readers:
        yield readers


def runs(process_id: int) -> bool:
    """Whether a process is there that is no zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_results_come_in_the_order_of_the_items(pool: ReaderPool) -> None:
    slow_first = ["__import__('time').sleep(0.3) or 0", *map(str, range(1, 20))]
    assert list(pool.map(eval, slow_first, 3)) == list(range(20))


def test_the_work_is_done_in_the_readers_and_they_stay_the_same(pool: ReaderPool) -> None:
    readers = {reader.process.pid for reader in pool.readers}
    assert len(readers) == len(pool) == 2
    for _ in range(2):
        assert set(pool.map(eval, [READER] * 20, 0)) <= readers - {os.getpid()}


def test_a_function_may_follow_another(pool: ReaderPool) -> None:
    assert [list(pool.map(function, ["12", "345"], 0)) for function in (len, int, len)] == [[2, 3], [12, 345], [2, 3]]


def test_no_more_items_are_taken_than_there_are_readers_and_ahead(pool: ReaderPool) -> None:
    taken = []

    def items() -> Iterator[str]:
        for item in range(20):
            taken.append(item)
            yield str(item)

    results = pool.map(eval, items(), ahead=3)
    assert next(results) == 0
    results.close()
    assert len(taken) == 5


def test_after_an_end_before_the_last_item_the_readers_answer_what_they_are_asked_next(pool: ReaderPool) -> None:
    results = pool.map(eval, map(str, range(20)), ahead=3)
    assert next(results) == 0
    results.close()
    assert list(pool.map(eval, ["20", "21", "22"], 0)) == [20, 21, 22]


def test_an_error_comes_out_as_it_was_raised(pool: ReaderPool) -> None:
    with pytest.raises(ImageError) as here:
        read_image(Path("/no/such.png"))
    with pytest.raises(ImageError) as there:
        list(pool.map(read_image, [Path("/no/such.png")], 0))
    assert str(there.value) == str(here.value)
    assert there.value.__cause__ is None
    assert list(pool.map(eval, ["1"], 0)) == [1]


def test_an_error_that_was_not_expected_says_where_it_was_raised(pool: ReaderPool) -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        list(pool.map(eval, ["1 / 0"], 0))
    assert isinstance(raised.value.__cause__, RaisedElsewhere)
    assert 'File "<string>", line 1, in <module>' in str(raised.value.__cause__)


@pytest.mark.parametrize(
    ("ending", "sentence"),
    [
        (f"{OS}._exit(3)", "A process that reads samples ended with exit code 3"),
        (
            f"{OS}.kill({READER}, 9)",
            "A process that reads samples was ended by SIGKILL: where memory ran out, a smaller _workers needs less",
        ),
    ],
)
def test_a_reader_that_ends_is_an_error_that_says_how(ending: str, sentence: str) -> None:
    with ReaderPool(1) as readers, pytest.raises(PlatformError) as refusal:
        list(readers.map(eval, [ending], 0))
    assert str(refusal.value) == sentence


def test_a_reader_that_cannot_be_started_is_an_error() -> None:
    with pytest.raises(PlatformError, match=r"cannot be started: No such file or directory$"):
        ReaderPool(1, ("/no/such/python",))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_reader_is_not_ended_by_the_signals_that_a_job_gets(number: signal.Signals) -> None:
    with ReaderPool(1) as readers:
        (reader,) = readers.readers
        reader.process.send_signal(number)  # while it starts, too
        assert list(readers.map(len, ["a"], 0)) == [1]
        reader.process.send_signal(number)
        assert list(readers.map(len, ["ab"], 0)) == [2]


def test_no_reader_is_left_after_the_end() -> None:
    with ReaderPool(2) as readers:
        pass
    assert [reader.process.returncode for reader in readers.readers] == [-signal.SIGKILL] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_reader_outlives_a_parent_that_is_ended_by_a_signal(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout is not None
        readers = [int(word) for word in parent.stdout.readline().split()]
        try:
            assert [runs(reader) for reader in readers] == [True, True]
            parent.send_signal(number)
            assert parent.wait(SECONDS) != 0
        finally:
            parent.kill()
    deadline = time.monotonic() + SECONDS
    while any(map(runs, readers)) and time.monotonic() < deadline:
        time.sleep(0.05)
    left = [reader for reader in readers if runs(reader)]
    for reader in left:
        os.kill(reader, signal.SIGKILL)
    assert left == []
