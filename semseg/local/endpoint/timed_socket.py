"""A socket whose time-out is for all that is received, so that a server that drips its answer cannot hold a client."""

from __future__ import annotations

import socket
import time
from typing import Any


class TimedSocket(socket.socket):
    """A socket that receives within its time-out, counted from when that was set; each byte of others has its own."""

    _seconds: float | None = None
    _deadline = 0.0

    @classmethod
    def taken_from(cls, connection: socket.socket) -> TimedSocket:
        """Returns a socket with the connection and the time-out of another one, which must not be used any more."""
        seconds = connection.gettimeout()
        taken = cls(connection.family, connection.type, connection.proto, connection.detach())
        taken.settimeout(seconds)
        return taken

    def settimeout(self, value: float | None) -> None:
        """Sets the time, in seconds, for all that is received from now on; None for no limit."""
        super().settimeout(value)
        self._seconds = value
        self._deadline = time.monotonic() + (value or 0)

    def recv_into(self, *arguments: Any) -> int:
        """Receives as its base does; raises socket.timeout where the time is over."""
        if not self._seconds:
            return super().recv_into(*arguments)
        left = self._deadline - time.monotonic()
        if left <= 0:  # a server that always has a byte ready would never be waited for
            raise socket.timeout("timed out")
        super().settimeout(left)
        try:
            return super().recv_into(*arguments)
        finally:
            super().settimeout(self._seconds)  # of sending
