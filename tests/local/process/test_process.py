from __future__ import annotations

import fcntl
import os
import sys
import threading
from pathlib import Path

import pytest

from semseg.local.process.process import (
    end_orphan,
    ending_of,
    is_locked,
    last_line,
    start_detached,
    start_leashed,
    start_leashed_locked,
    stop_detached,
    take_lock,
    wait_until_unlocked,
)
from semseg.plumbing.rotating_log import RotatingLog
from tests.local.fakes import wait_for_line

WAIT = "import time; print('waiting', flush=True); time.sleep(60)"
DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


def start(folder: Path, program: str) -> int:
    with take_lock(folder / "lock") as lock:
        return start_detached((sys.executable, "-c", program), os.environ, folder / "log", lock)


def test_a_lock_is_held_from_before_the_start_to_the_end_of_the_child(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "lock")
    process_id = start(tmp_path, WAIT)
    assert is_locked(tmp_path / "lock")
    stop_detached(process_id, tmp_path / "lock", grace_seconds=30)
    assert not is_locked(tmp_path / "lock")


def test_a_child_that_ends_gives_its_lock_back_and_leaves_its_words(tmp_path: Path) -> None:
    start(tmp_path, "import sys; print('out'); print('err', file=sys.stderr)")
    assert wait_until_unlocked(tmp_path / "lock", 30)
    assert sorted((tmp_path / "log").read_text().split()) == ["err", "out"]


def test_a_child_leads_a_session_of_its_own(tmp_path: Path) -> None:
    process_id = start(tmp_path, WAIT)
    assert os.getsid(process_id) == process_id
    stop_detached(process_id, tmp_path / "lock", grace_seconds=30)


def test_a_child_that_ignores_the_stop_is_killed(tmp_path: Path) -> None:
    process_id = start(tmp_path, DEAF)
    wait_for_line(tmp_path / "log", "deaf")
    stop_detached(process_id, tmp_path / "lock", grace_seconds=0.2)
    assert wait_until_unlocked(tmp_path / "lock", 30)


def test_whoever_only_asks_whether_a_lock_is_held_keeps_nobody_from_taking_it(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("wb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        given_back = threading.Timer(0.2, fcntl.flock, (asking, fcntl.LOCK_UN))
        given_back.start()
        with take_lock(tmp_path / "lock"), pytest.raises(BlockingIOError):
            take_lock(tmp_path / "lock")  # it is held now
        given_back.join()


@pytest.mark.skipif(sys.platform != "linux", reason="counts the open files of Linux")
def test_a_lock_that_is_held_by_another_leaves_no_file_open(tmp_path: Path) -> None:
    with take_lock(tmp_path / "lock"):
        before = len(os.listdir("/proc/self/fd"))
        with pytest.raises(BlockingIOError) as held:
            take_lock(tmp_path / "lock")
        assert len(os.listdir("/proc/self/fd")) == before
        assert held.tb is not None  # it keeps alive what was open where it was raised


def test_waiting_for_a_held_lock_gives_up(tmp_path: Path) -> None:
    with take_lock(tmp_path / "lock"):
        assert not wait_until_unlocked(tmp_path / "lock", 0.1)


def test_the_last_line_is_the_last_that_says_something(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"first\n  \xff second \n\n  \n")
    assert last_line(tmp_path / "log") == "\N{REPLACEMENT CHARACTER} second"
    assert last_line(tmp_path / "none") == "none"


def test_a_process_whose_starter_died_without_a_leash_is_ended_by_its_lock(tmp_path: Path) -> None:
    child = start_leashed_locked(
        (sys.executable, "-c", DEAF), os.environ, RotatingLog(tmp_path / "log"), tmp_path / "lock"
    )
    wait_for_line(tmp_path / "log", "deaf")
    assert is_locked(tmp_path / "lock")
    assert end_orphan(tmp_path / "lock", 30)
    assert child.wait() == -9
    assert end_orphan(tmp_path / "lock", 0)  # nothing is left to end
    assert end_orphan(tmp_path / "none", 0)


class Replaced(type(Path())):  # type: ignore[misc]
    """The path of a lock whose folder is removed, and made anew, between two looks at it."""

    looks = 0

    def stat(self, *arguments: object, **named: object) -> os.stat_result:
        Replaced.looks += 1
        if Replaced.looks == 1:
            os.unlink(self)
            os.close(os.open(self, os.O_CREAT))
        return os.stat(self)


def test_a_lock_is_that_of_the_file_that_is_there_now(tmp_path: Path) -> None:
    with take_lock(Replaced(tmp_path / "lock")) as lock:
        assert os.path.samestat(os.fstat(lock.fileno()), os.stat(tmp_path / "lock"))
        assert is_locked(tmp_path / "lock")


def test_the_last_line_of_a_long_log_is_found(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x" * 10_000 + "\nend\n")
    assert last_line(tmp_path / "log") == "end"


@pytest.mark.parametrize(
    ("program", "ending"),
    [
        ("print('all done'); print()", "exit code 0; the last line of its log: all done"),
        ("raise SystemExit(3)", "exit code 3; the last line of its log: none"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9 (Killed); the last line of its log: none"),
    ],
)
def test_the_end_of_a_leashed_child_is_told_with_its_last_line(tmp_path: Path, program: str, ending: str) -> None:
    log = RotatingLog(tmp_path / "log")
    child = start_leashed((sys.executable, "-c", program), os.environ, log)
    code = child.wait()
    log.finish()
    assert ending_of(code, tmp_path / "log") == ending


def test_the_last_line_may_be_in_a_part_that_was_just_put_aside(tmp_path: Path) -> None:
    (tmp_path / "log.1.txt").write_text("first\n")
    (tmp_path / "log.2.txt").write_text("second\n")
    (tmp_path / "log.txt").touch()
    assert last_line(tmp_path / "log.txt") == "second"
