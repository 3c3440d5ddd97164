"""A log that is read while it is being written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

POLL_SECONDS = 0.1


class LogFollower:
    """Reads a log line by line until its writer is done.

    Args:
        log: the file, which need not be there yet.
        is_done: whether nothing more will be written.
        at_each_look: called before each look for new lines.
    """

    def __init__(self, log: Path, is_done: Callable[[], bool], at_each_look: Callable[[], None] = lambda: None) -> None:
        self._log = log
        self._is_done = is_done
        self._at_each_look = at_each_look
        self._position = 0
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
        if not self._log.exists():
            return
        with self._log.open("rb") as file:
            file.seek(self._position)
            for line in file:
                self._position += len(line)
                self._rest += line
                if line.endswith(b"\n"):
                    text, self._rest = self._rest, b""
                    yield text.decode("utf-8", "replace").rstrip("\r\n")
