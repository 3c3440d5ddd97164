"""Reads the body of a request, within limits on its size, on all bodies in memory, and on the time that it takes."""

from __future__ import annotations

import asyncio
import time

from starlette.requests import Request
from starlette.types import Receive

from semseg.errors import RequestError
from semseg.plumbing.counted import counted
from semseg.serving.limits import Limits

# A client that is still sending sees a broken connection, not an answer. So a body that is refused is read on, up to
# this many times the limit, and thrown away.
PATIENCE = 4
DISCARD_SECONDS = 2.0  # that a refused body is read for


class HeldBytes:
    """The number of bytes of all bodies that are in memory."""

    def __init__(self, limits: Limits) -> None:
        self.most = max(limits.held_body_bytes, limits.max_body_bytes)
        self.held = 0


class Body:
    """The bytes of one body. A context manager: the bytes are dropped at its end."""

    def __init__(self, held: HeldBytes) -> None:
        self._held = held
        self._parts = bytearray()
        self.data = b""
        self._size = 0

    def __enter__(self) -> Body:
        return self

    def __exit__(self, *_: object) -> None:
        self.give_up()

    def add(self, part: bytes) -> None:
        """Adds one more part.

        Raises:
            RequestError: 503, all bodies together are too many bytes.
        """
        if self._held.held + len(part) > self._held.most:
            raise RequestError(503, "The endpoint is busy with other requests: ask again")
        self._held.held += len(part)
        self._size += len(part)
        self._parts += part

    def end(self) -> None:
        """Marks the body as complete."""
        self.data, self._parts = bytes(self._parts), bytearray()

    def give_up(self) -> None:
        """Drops the bytes."""
        self._held.held -= self._size
        self._size = 0
        self.data, self._parts = b"", bytearray()


async def read_body(request: Request, body: Body, limits: Limits, deadline: float) -> None:
    """Reads a whole body into ``body``.

    Args:
        deadline: of the request, by time.monotonic().

    Raises:
        RequestError: 413, it has more bytes than the limit; 400, it has none, or the client went away; 408, it comes
            too slowly; 503, the endpoint holds too many bytes already.
    """
    limit = limits.max_body_bytes
    if "100-continue" in request.headers.get("expect", "").lower():
        _check_declared_length(request, limit)
    size, more = 0, True
    while more:
        part, more = await _next_part(request.receive, limits, deadline)
        size += len(part)
        if size > limit:
            raise _too_large(f"more than {limit}", limit)
        body.add(part)
    if not size:
        raise RequestError(400, "A request must carry a picture as its body, got 0 bytes")
    body.end()


async def discard_body(receive: Receive, limits: Limits) -> bool:
    """Reads on for a moment what is refused anyway, and returns whether that was all of it."""
    end = time.monotonic() + DISCARD_SECONDS
    size, more = 0, True
    try:
        while more and size <= (PATIENCE - 1) * limits.max_body_bytes:
            part, more = await _next_part(receive, limits, end)
            size += len(part)
    except RequestError:
        return False
    return not more


async def _next_part(receive: Receive, limits: Limits, deadline: float) -> tuple[bytes, bool]:
    """Returns the next bytes of a body, and whether there are more to come."""
    left = deadline - time.monotonic()
    try:
        message = await asyncio.wait_for(receive(), max(0.0, min(left, limits.idle_seconds)))
    except asyncio.TimeoutError:
        raise RequestError(
            408,
            f"A body must come without a break of {counted(limits.idle_seconds, 'second')} and be whole within "
            f"{counted(limits.deadline_seconds, 'second')}, and this one is not",
        ) from None
    if message["type"] != "http.request":
        raise RequestError(400, "A request must be sent whole, but the connection ended within its body")
    return message.get("body", b""), message.get("more_body", False)


def _check_declared_length(request: Request, limit: int) -> None:
    """Refuses a body that is declared too large, for a client that waits for permission before it sends."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(declared, limit)


def _too_large(size: str, limit: int) -> RequestError:
    return RequestError(
        413, f"The body of a request must be at most {limit} bytes, got {size}: compress the picture or scale it down"
    )
