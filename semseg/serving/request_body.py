"""The body of a request, never more of it in memory than the limit."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

from semseg.errors import RequestError

# A client that is still sending sees a broken connection, not an answer. So a body that is too large is read on to this
# many times the limit, and thrown away.
PATIENCE = 4


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body.

    Raises:
        RequestError: 413, it has more than ``limit`` bytes; 400, it has none, or the client went away.
    """
    if "100-continue" in request.headers.get("expect", "").lower():
        _check_declared_length(request, limit)
    try:
        body, size = await _read_up_to(request, limit)
    except ClientDisconnect as error:
        raise RequestError(400, "A request must be sent whole, but the connection ended within its body") from error
    if size > limit:
        raise _too_large(f"more than {limit}", limit)
    if not size:
        raise RequestError(400, "A request must carry a picture as its body, got 0 bytes")
    return body


def _check_declared_length(request: Request, limit: int) -> None:
    """A client that waits for leave to send is refused before it does."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(declared, limit)


async def _read_up_to(request: Request, limit: int) -> tuple[bytes, int]:
    """The body, or nothing of it where it is longer than ``limit``, and how many bytes were read."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        else:
            parts.clear()
        if size > PATIENCE * limit:
            break
    return b"".join(parts), size


def _too_large(size: str, limit: int) -> RequestError:
    return RequestError(
        413, f"The body of a request must be at most {limit} bytes, got {size}: compress the picture or scale it down"
    )
