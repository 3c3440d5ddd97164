"""A client that sends bytes as they are, right or wrong, slowly or in part, and reads what comes back."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import struct
import time
from dataclasses import dataclass, field
from email.message import Message
from enum import Enum

SILENCE = 90  # seconds that a server may say nothing to a client that waits; more than any of its own limits
GLANCE = 0.3  # seconds that a client waits whose request will never be whole
LARGEST_LINE = 65536
UNANSWERED = (100, 102, 103)  # statuses before the answer


class End(Enum):
    """What a client does when it has sent everything."""

    READ = "reads all answers"
    GLANCE = "waits a moment and leaves"
    LEAVE = "leaves at once"
    RESET = "leaves at once, without a goodbye"
    HALF_CLOSE = "sends no more, and reads"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes

    @property
    def media_type(self) -> str:
        return str(self.headers.get("Content-Type", ""))


@dataclass
class Outcome:
    """The answers that came, and how the connection ended: read, closed (by the server), left or silent."""

    replies: list[Reply] = field(default_factory=list)
    ended: str = "read"
    garbled: str = ""  # what is no HTTP in the answers


def exchange(
    port: int, parts: tuple[bytes, ...], methods: tuple[str, ...], end: End = End.READ, pause: float = 0
) -> Outcome:
    """Send the parts, ``pause`` seconds apart, and read as many answers as there are methods."""
    outcome = Outcome()
    with socket.create_connection(("127.0.0.1", port), SILENCE) as connection:
        _send(connection, parts, pause)
        if end in (End.LEAVE, End.RESET):
            if end is End.RESET:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            outcome.ended = "left"
            return outcome
        if end is End.HALF_CLOSE:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
        if end is End.GLANCE:
            connection.settimeout(GLANCE)
        _read(connection, methods, outcome)
        if outcome.ended == "silent" and end is End.GLANCE:
            outcome.ended = "left"
    return outcome


def _send(connection: socket.socket, parts: tuple[bytes, ...], pause: float) -> None:
    """All parts, or those before the server closes: it may answer before it has read everything."""
    for number, part in enumerate(parts):
        if number and pause:
            time.sleep(pause)
        try:
            connection.sendall(part)
        except OSError:
            return


def _read(connection: socket.socket, methods: tuple[str, ...], outcome: Outcome) -> None:
    with connection.makefile("rb") as stream:
        try:
            for method in methods:
                reply = read_reply(stream, method)
                if reply is None:
                    outcome.ended = "closed"
                    return
                outcome.replies.append(reply)
        except socket.timeout:
            outcome.ended = "silent"
        except ConnectionError:
            outcome.ended = "closed"
        except (ValueError, http.client.HTTPException) as error:
            outcome.garbled = str(error)


def read_reply(stream: io.BufferedIOBase, method: str) -> Reply | None:
    """One answer; None where the connection ends before it.

    Raises:
        ValueError: it is no HTTP/1.1 answer.
    """
    while True:
        line = stream.readline(LARGEST_LINE)
        if not line:
            return None
        version, _, rest = line.decode("latin-1").rstrip("\r\n").partition(" ")
        if version not in ("HTTP/1.1", "HTTP/1.0") or not rest[:3].isdigit():
            raise ValueError(f"an answer that begins with {line[:60]!r}")
        headers = http.client.parse_headers(stream)
        status = int(rest[:3])
        if status not in UNANSWERED:
            return Reply(status, headers, _body(stream, headers, bodiless=method == "HEAD" or status in (204, 304)))


def _body(stream: io.BufferedIOBase, headers: Message, bodiless: bool) -> bytes:
    if bodiless:
        return b""
    if "chunked" in headers.get("Transfer-Encoding", ""):
        return b"".join(_chunks(stream))
    length = headers.get("Content-Length")
    if length is None:
        return stream.read()
    body = stream.read(int(length))
    if len(body) != int(length):
        raise ValueError(f"an answer of {len(body)} bytes that said {length}")
    return body


def _chunks(stream: io.BufferedIOBase) -> list[bytes]:
    chunks: list[bytes] = []
    while True:
        line = stream.readline(LARGEST_LINE)
        if not line.endswith(b"\r\n"):
            raise ValueError("an answer that ends within its chunks")
        size = int(line.split(b";")[0], 16)
        chunk = stream.read(size + 2)[:-2]
        if not size:
            return chunks
        chunks.append(chunk)
