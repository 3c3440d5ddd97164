"""uvicorn's HTTP/1.1 protocol, strict about what a request is, with time limits: for headers to arrive, and for a
client to fetch its answer.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from semseg.serving.http_lines import StrictLines
from semseg.serving.http_refusals import refusal_response
from semseg.serving.limits import Limits

# A body in crumbs (very small pieces) costs more to put together than to send. No honest client sends a picture so.
MOST_CRUMBS = 4096  # pieces of a body
SMALLEST_PIECE = 64  # bytes, on average, of a body of more pieces


class StrictConnection(h11.Connection):
    """h11's state machine of a server, in which these are errors of the client as well: lines that may be read in two
    ways, and a body that comes in very small pieces.
    """

    _pieces = _bytes = 0

    def __init__(self) -> None:
        super().__init__(h11.SERVER)
        self._receive_buffer = StrictLines()

    def next_event(self) -> Any:
        """Returns the next event; raises RemoteProtocolError if the pieces of a body are too small."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._pieces = self._bytes = 0
        elif isinstance(event, h11.Data):
            self._pieces += 1
            self._bytes += len(event.data)
            if self._pieces > MOST_CRUMBS and self._bytes < SMALLEST_PIECE * self._pieces:
                raise h11.RemoteProtocolError("a body must come in larger pieces")
        return event


def protocol_within(limits: Limits) -> type[H11Protocol]:
    """Returns the protocol class that keeps to these limits; uvicorn makes one object of it for each connection.

    Where there are too many connections, the one that has been without a request for longest is closed, so that a
    client which asks at once is answered however many do not.
    """
    waiting: dict[H11Protocol, None] = {}  # those without a request, in the order in which they began to be

    def made_room() -> bool:
        """Closes one that waits; returns False where all have a request."""
        if not waiting:
            return False
        longest = next(iter(waiting))
        del waiting[longest]
        longest.transport.close()
        return True

    class LimitedProtocol(H11Protocol):
        _headers: asyncio.TimerHandle | None = None  # closes the connection if the headers are not there in time
        _fetching: asyncio.TimerHandle | None = None  # closes it if nothing of the answer is fetched in time

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            # asyncio does this only if the listening socket was made for TCP by name. Otherwise the last part of
            # an answer waits for the client's system to confirm the first, which Linux puts off for 40 ms.
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.conn = StrictConnection()
            if len(self.connections) > limits.max_connections and not made_room():
                transport.abort()
            else:
                waiting[self] = None
                self._headers = self.loop.call_later(limits.header_seconds, transport.abort)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state is not h11.IDLE:
                waiting.pop(self, None)
                _cancel(self._headers)
                self._headers = None
            elif self._headers is None:  # the headers of a further request have begun
                self._headers = self.loop.call_later(limits.header_seconds, self.transport.abort)

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
                waiting[self] = None

        def pause_writing(self) -> None:
            super().pause_writing()
            self._fetching = self.loop.call_later(limits.idle_seconds, self.transport.abort)

        def resume_writing(self) -> None:
            _cancel(self._fetching)
            super().resume_writing()

        def connection_lost(self, exc: Exception | None) -> None:
            waiting.pop(self, None)
            _cancel(self._headers)
            _cancel(self._fetching)
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            """Answers with JSON as every refusal does; sends nothing if an answer has begun."""
            if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                answer = refusal_response(400, "A request must be HTTP/1.1 as RFC 9112 has it, and this one is not")
                headers = [*answer.raw_headers, (b"connection", b"close")]
                for event in (
                    h11.Response(status_code=400, headers=headers, reason=b"Bad Request"),
                    h11.Data(data=bytes(answer.body)),
                    h11.EndOfMessage(),
                ):
                    self.transport.write(self.conn.send(event))
            self.transport.close()

    return LimitedProtocol


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
