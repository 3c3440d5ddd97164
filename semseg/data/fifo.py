"""One pass over a channel in Pipe mode: reads the bytes of a FIFO, and goes on noticing a request to stop while it
waits.

The FIFO is opened without blocking. Linux reports the end of its data only after a writer has opened and closed it, so
a FIFO without a writer yet differs from one at its end.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from pathlib import Path

from semseg.errors import ChannelError

APPEARS_WITHIN = 60.0  # seconds that a FIFO may take to be made
POLL = 0.1  # seconds between two checks whether to stop
MOST_AT_ONCE = 1 << 20  # bytes


class Fifo:
    """Reads one FIFO from its beginning to its end.

    Args:
        path: may appear late.
        raise_if_stopped: called ten times a second while there is nothing to read; what it raises ends the waiting.
        appears_within: seconds that the FIFO may take to be made.

    Raises:
        ChannelError: it never appeared, or it cannot be opened.
    """

    def __init__(
        self, path: Path, raise_if_stopped: Callable[[], None], appears_within: float = APPEARS_WITHIN
    ) -> None:
        self._raise_if_stopped = raise_if_stopped
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
        while not self._poll.poll(1000 * POLL):
            self._raise_if_stopped()
        return os.read(self._file, most)

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
