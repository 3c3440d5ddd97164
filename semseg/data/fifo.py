"""One pass over a channel in Pipe mode: reads the bytes of a FIFO, and goes on noticing a request to stop while it
waits.

The FIFO is opened without blocking. A read of it then gives nothing both at its end and before it has a writer. Linux
tells these apart: poll(2) reports an end only after a writer has opened and closed the FIFO. POSIX leaves that open, so
that on other systems the beginning is when a writer was first met: data came, or was waited for. A pass that a writer
ends without a byte is waited for there until somebody asks to stop; PipeFeeder has none.
"""

from __future__ import annotations

import os
import platform
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

from semseg.errors import ChannelError, PlatformError

APPEARS_WITHIN = 60.0  # seconds that a FIFO may take to be made
POLL = 0.1  # seconds between two checks whether to stop
MOST_AT_ONCE = 1 << 20  # bytes


class Fifo:
    """Reads one FIFO from its beginning to its end.

    Args:
        path: may appear late.
        raise_if_stopped: called ten times a second while there is nothing to read; what it raises ends the waiting.
        appears_within: seconds that the FIFO may take to be made.
        poll_waits_for_writer: whether poll(2) keeps silent until the FIFO has had a writer.

    Raises:
        ChannelError: it never appeared, or it cannot be opened.
        PlatformError: this system has no FIFOs.
    """

    def __init__(
        self,
        path: Path,
        raise_if_stopped: Callable[[], None],
        appears_within: float = APPEARS_WITHIN,
        poll_waits_for_writer: bool = sys.platform == "linux",
    ) -> None:
        _check_fifos()
        self._raise_if_stopped = raise_if_stopped
        self._poll_waits_for_writer = poll_waits_for_writer
        self._had_writer = False
        self._file = self._opened(path, appears_within)
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN | select.POLLHUP)

    def read(self, length: int) -> bytes:
        """Returns the next ``length`` bytes; fewer only at the end."""
        parts = bytearray()
        while len(parts) < length and (data := self._some(min(length - len(parts), MOST_AT_ONCE))):
            parts += data
        return bytes(parts)

    def close(self) -> None:
        """Closes the FIFO."""
        os.close(self._file)

    def _some(self, most: int) -> bytes:
        """Returns at least one byte, or none at the end."""
        while True:
            is_ready = bool(self._poll.poll(1000 * POLL))
            data = self._read(most)
            self._had_writer |= data != b"" or (is_ready and self._poll_waits_for_writer)
            if data or (data is not None and self._had_writer):
                return data
            self._raise_if_stopped()
            if is_ready:  # although nobody writes yet
                time.sleep(POLL)

    def _read(self, most: int) -> bytes | None:
        """Returns what is there; no bytes where nobody writes, and None where somebody does, but has not yet."""
        try:
            return os.read(self._file, most)
        except BlockingIOError:
            return None

    def _opened(self, path: Path, appears_within: float) -> int:
        deadline = time.monotonic() + appears_within
        while True:
            try:
                return os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            except FileNotFoundError as error:
                if time.monotonic() > deadline:
                    raise ChannelError(
                        f"{path} must be a FIFO with the data of a channel in Pipe mode, but nobody made it "
                        f"within {appears_within:g} seconds"
                    ) from error
            except OSError as error:
                raise ChannelError(f"{path} cannot be opened: {error.strerror}") from error
            self._raise_if_stopped()
            time.sleep(POLL)


def _check_fifos() -> None:
    """Raises PlatformError where this system has no FIFOs."""
    if not hasattr(os, "mkfifo"):
        raise PlatformError(
            f"A channel in Pipe mode comes through a FIFO, and Python on {platform.system()} has no os.mkfifo; use "
            "input_mode 'File' or 'FastFile', or Linux, macOS or WSL"
        )
