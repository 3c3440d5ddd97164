"""Messages between an endpoint and its engine process: JSON with its length before it, and open files beside it.

Both sides are processes of one endpoint. Still every length is bounded, so that a damaged length is an error and nobody
waits for ever.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

LENGTH = struct.Struct("<I")  # bytes of JSON that follow
LARGEST_MESSAGE = 2**20  # bytes
MOST_FILES = 128  # Linux sends at most 253 at once (SCM_MAX_FD)

Message = dict[str, Any]


class BrokenWire(Exception):
    """Raised if the other side ended within a message, or sent what is no message."""


def send(connection: socket.socket, message: Message, files: Sequence[int] = ()) -> None:
    """Sends a message; ``files`` are open files, of which the receiver gets copies.

    Raises:
        OSError: the other side has ended.
    """
    data = json.dumps(message).encode()
    if len(data) > LARGEST_MESSAGE or len(files) > MOST_FILES:
        raise ValueError(f"a message must be at most {LARGEST_MESSAGE} bytes with {MOST_FILES} files")
    data = LENGTH.pack(len(data)) + data
    sent = socket.send_fds(connection, [data], files) if files else connection.send(data)
    if sent < len(data):
        connection.sendall(data[sent:])


def receive(connection: socket.socket) -> tuple[Message, list[int]] | None:
    """Waits for the next message and its files, which the caller must close; returns None if the other side has ended.

    Raises:
        BrokenWire: the other side ended within a message, or what it sent is none.
    """
    # The files come with the first byte of their message.
    head, files, _, _ = socket.recv_fds(connection, LENGTH.size, MOST_FILES)
    if not head:
        return None
    try:
        head += _read(connection, LENGTH.size - len(head))
        return _parsed(_read(connection, _length(head))), list(files)
    except BaseException:
        close_all(files)
        raise


class Inbox:
    """Puts messages together from the pieces that a non-blocking socket gives."""

    def __init__(self) -> None:
        self._data = bytearray()

    def add(self, data: bytes) -> list[Message]:
        """Returns the messages that are complete now.

        Raises:
            BrokenWire: what came is no message.
        """
        self._data += data
        messages = []
        while len(self._data) >= LENGTH.size:
            end = LENGTH.size + _length(self._data[: LENGTH.size])
            if len(self._data) < end:
                break
            messages.append(_parsed(bytes(self._data[LENGTH.size : end])))
            del self._data[:end]
        return messages


def close_all(files: Sequence[int]) -> None:
    """Closes open files."""
    for file in files:
        with contextlib.suppress(OSError):
            os.close(file)


def _length(head: bytes | bytearray) -> int:
    (length,) = LENGTH.unpack(head)
    if length > LARGEST_MESSAGE:
        raise BrokenWire(f"a message must be at most {LARGEST_MESSAGE} bytes, got {length}")
    return int(length)


def _read(connection: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            raise BrokenWire(f"a message must be whole, but it ends after {len(data)} of {length} bytes")
        data += piece
    return bytes(data)


def _parsed(data: bytes) -> Message:
    try:
        message = json.loads(data)
    except ValueError as error:
        raise BrokenWire(f"a message must be JSON, got {data[:20]!r}") from error
    if not isinstance(message, dict):
        raise BrokenWire(f"a message must be a JSON object, got {data[:20]!r}")
    return message
