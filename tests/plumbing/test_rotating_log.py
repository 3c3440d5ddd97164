"""Logs of which full parts are put aside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from semseg.plumbing.rotating_log import RotatingLog, newest_first, numbers

# Prints 40 lines of 10 bytes into its log, which it puts aside after each 100 bytes, and a child's line between them.
PROGRAM = """
import subprocess, sys
from pathlib import Path
from semseg.plumbing.rotating_log import RotatingLog
log = RotatingLog(Path(sys.argv[1]), 100, 10)
assert log.is_output()
for number in range(40):
    print(f"line {number:04}", flush=True)
    log.check()
print("at the end", file=sys.stderr, flush=True)
"""


def taken(log: RotatingLog, *pieces: bytes) -> None:
    """Lets the log take what a child prints in these pieces."""
    for piece in pieces:
        reading, writing = os.pipe()
        log.take(os.fdopen(reading, "rb"))
        os.write(writing, piece)
        os.close(writing)
        log.finish()


def test_a_full_log_is_put_aside_and_the_oldest_parts_are_removed(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "log.txt", most_bytes=10, kept_parts=2)
    taken(log, b"one\n", b"two, and more\n", b"three, and more\n", b"four, and more\n", b"five\n")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "log.2.txt": b"three, and more\n",
        "log.3.txt": b"four, and more\n",
        "log.txt": b"five\n",
    }


def test_what_a_process_prints_itself_goes_on_in_the_new_file_and_no_line_is_lost(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    with log.open("ab") as output:
        command = [sys.executable, "-c", PROGRAM, str(log)]
        assert subprocess.run(command, stdout=output, stderr=output, check=False).returncode == 0
    assert numbers(log) == [1, 2, 3, 4]
    assert log.read_text() == "at the end\n"
    parts = [path.read_text() for path in reversed(newest_first(log)[1:])]
    assert [len(part) for part in parts] == [100] * 4
    assert "".join(parts) == "".join(f"line {number:04}\n" for number in range(40))


def test_lines_of_a_child_are_written_whole_and_its_last_words_too(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "log.txt", most_bytes=8)
    reading, writing = os.pipe()
    log.take(os.fdopen(reading, "rb"))
    for piece in (b"half a ", b"line\nand another", b" one\nno end"):
        os.write(writing, piece)
    os.close(writing)
    log.finish()
    parts = [path.read_bytes() for path in reversed(newest_first(tmp_path / "log.txt"))]
    assert b"".join(parts) == b"half a line\nand another one\nno end"
    assert all(part.endswith(b"\n") for part in parts[:-2])


def test_a_log_that_cannot_be_written_holds_up_no_child(tmp_path: Path) -> None:
    log = RotatingLog(tmp_path / "gone" / "log.txt")
    with subprocess.Popen([sys.executable, "-c", "print('x' * 1_000_000)"], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        log.take(child.stdout)
        assert child.wait(60) == 0
        assert log.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_prints_elsewhere_has_no_log(tmp_path: Path) -> None:
    (tmp_path / "log.txt").touch()
    assert not RotatingLog(tmp_path / "log.txt").is_output()
    assert not RotatingLog(tmp_path / "none.txt").is_output()
