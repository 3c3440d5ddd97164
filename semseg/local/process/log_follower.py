"""A log that is read while it is being written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from semseg.plumbing.rotating_log import open_part

POLL_SECONDS = 0.1


class LogFollower:
    """Reads a log line by line until its writer is done, also where parts of it are put aside meanwhile.

    It begins with the oldest part that is there.

    Args:
        log: the file, which need not be there yet.
        is_done: whether nothing more will be written.
        at_each_look: called before each look for new lines.
    """

    def __init__(
        self,
        log: Path,
        is_done: Callable[[], bool],
        at_each_look: Callable[[], None] = lambda: None,
    ) -> None:
        self._log = log
        self._is_done = is_done
        self._at_each_look = at_each_look
        self._part = 0
        self._position = 0  # within that part
        self._rest = b""

    def lines(self) -> Iterator[str]:
        """Yields the lines not read yet, as they come, without line ends; it can be called again when interrupted."""
        while True:
            done = self._is_done()  # asked first: what is written before the end is read after it
            self._at_each_look()
            yield from self.new_lines()
            if done:
                break
            time.sleep(POLL_SECONDS)
        if self._rest:
            yield self._rest.decode("utf-8", "replace")

    def new_lines(self) -> Iterator[str]:
        """Yields the whole lines that have come since the last call, and waits for none."""
        while True:
            part = open_part(self._log, self._part)
            if part is None:
                return
            if part.number != self._part:
                self._part, self._position = part.number, 0
            with part.file as file:
                yield from self._lines_of(file)
            if not part.is_whole:
                return
            self._part, self._position = part.number + 1, 0

    def _lines_of(self, file: BinaryIO) -> Iterator[str]:
        file.seek(self._position)
        for line in file:
            self._position += len(line)
            self._rest += line
            if line.endswith(b"\n"):
                text, self._rest = self._rest, b""
                yield text.decode("utf-8", "replace").rstrip("\r\n")
