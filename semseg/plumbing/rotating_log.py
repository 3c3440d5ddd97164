"""A log that takes a bounded part of the disk: full parts of it are put aside, ``log.1.txt`` before ``log.2.txt``.

Only the process that answers for a log puts parts aside. What it prints itself goes to the new file from then on, and
what its children print comes to it over pipes, so that no line is lost, and none is written to a part once it has a
number.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

MOST_BYTES = 10_000_000  # of the file that is written, before it is put aside
KEPT_PARTS = 4  # that were put aside; older ones are removed
CHECK_SECONDS = 1.0
FINISH_SECONDS = 5.0  # that a child's children may keep its output open
PIECE = 65_536  # bytes
STANDARD_OUTPUTS = (1, 2)  # descriptors of the outputs and the errors of a process


class RotatingLog:
    """The log of this process and of its children.

    Args:
        path: the file that is written.
        most_bytes: its size from which on it is put aside; it may be larger by what comes within a second.
        kept_parts: how many of those that were put aside are kept.
    """

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES, kept_parts: int = KEPT_PARTS) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._kept_parts = kept_parts
        self._lock = threading.Lock()
        self._takers: list[threading.Thread] = []

    def is_output(self) -> bool:
        """Returns whether this process prints into the log."""
        return any(self._is_at(descriptor) for descriptor in STANDARD_OUTPUTS)

    def watch(self) -> None:
        """Looks each second, in a thread that ends with the process, whether the log is full by what is printed."""
        threading.Thread(target=self._watch, name="log", daemon=True).start()

    def take(self, output: IO[bytes]) -> None:
        """Writes what comes over a pipe into the log until its end, in a thread, and closes the pipe."""
        taker = threading.Thread(target=self._take, args=(output,), name="output of a child", daemon=True)
        taker.start()
        self._takers.append(taker)

    def finish(self) -> bool:
        """Waits until all that ended children have printed is written; True always, as something may keep a pipe."""
        for taker in self._takers:
            taker.join(FINISH_SECONDS)
        return True

    def check(self) -> None:
        """Puts the log aside if it is full."""
        with self._lock, contextlib.suppress(OSError):  # of a full disk, or a folder that is gone: it is tried again
            if self._path.stat().st_size >= self._most_bytes:
                self._put_aside()

    def _watch(self) -> None:
        while True:
            time.sleep(CHECK_SECONDS)
            self.check()

    def _take(self, output: IO[bytes]) -> None:
        with output:
            rest = b""
            while piece := os.read(output.fileno(), PIECE):
                lines, end, rest = (rest + piece).rpartition(b"\n")
                if len(rest) > PIECE:
                    lines, end, rest = lines + end + rest, b"", b""
                self._write(lines + end)
            self._write(rest)

    def _write(self, content: bytes) -> None:
        # A full disk must not stop a child, which would wait for ever to be rid of its lines.
        with self._lock, contextlib.suppress(OSError), self._path.open("ab") as log:
            log.write(content)
        self.check()

    def _put_aside(self) -> None:
        new = self._path.with_name(f".{self._path.name}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            for output in STANDARD_OUTPUTS:
                if self._is_at(output):
                    os.dup2(descriptor, output)
        finally:
            os.close(descriptor)
        number = max(numbers(self._path), default=0) + 1
        os.rename(self._path, _part(self._path, number))
        os.rename(new, self._path)
        for old in numbers(self._path):
            if old <= number - self._kept_parts:
                _part(self._path, old).unlink(missing_ok=True)

    def _is_at(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self._path.stat())
        except OSError:
            return False


def numbers(log: Path) -> list[int]:
    """Returns the numbers of the parts of a log that were put aside, sorted; the lowest is the oldest."""
    pattern = re.compile(rf"{re.escape(log.stem)}\.([0-9]+){re.escape(log.suffix)}")
    found = map(pattern.fullmatch, os.listdir(log.parent) if log.parent.is_dir() else [])
    return sorted(int(match[1]) for match in found if match)


class Part(NamedTuple):
    """A part of a log, opened.

    Attributes:
        number: the file that is being written has the number after that of the last part that was put aside.
        is_whole: whether it was put aside, so that nothing more comes.
    """

    number: int
    is_whole: bool
    file: BinaryIO


def open_part(log: Path, number: int) -> Part | None:
    """Returns the first part of a log from this number on; None where it is not there yet."""
    while True:
        there = numbers(log)
        later = [each for each in there if each >= number]
        if later:
            with contextlib.suppress(FileNotFoundError):
                return Part(later[0], True, _part(log, later[0]).open("rb"))
            continue  # it was removed meanwhile
        try:
            current = log.open("rb")
        except FileNotFoundError:
            return None
        if numbers(log) == there:
            return Part(max(there, default=0) + 1, False, current)
        current.close()  # it may be a later one: a part was put aside meanwhile


def newest_first(log: Path) -> list[Path]:
    """Returns the file that is written, then the parts that were put aside, the newest first; they may be gone."""
    return [log, *(_part(log, number) for number in reversed(numbers(log)))]


def _part(log: Path, number: int) -> Path:
    return log.with_name(f"{log.stem}.{number}{log.suffix}")
