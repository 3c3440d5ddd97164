"""Python objects between a process of ours and a child that it started, over a socket that only the two have.

They travel as pickles, which run whatever code is in them when they are read: never use this for anything from outside.
"""

from __future__ import annotations

import pickle
import socket
import struct
from collections.abc import Sequence
from typing import Any

_NUMBER = struct.Struct("!Q")
_ARRAYS_APART = 5  # the version of pickle that can leave the memory of arrays out of the pickle


class ObjectSocket:
    """Sends and receives one object after the other. A thread that waits here, or copies an array, leaves the
    interpreter to the others, and asks for it a few times only for each object.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, message: object) -> None:
        """Sends an object.

        Raises:
            OSError: the other side has ended.
        """
        arrays: list[pickle.PickleBuffer] = []
        pickled = pickle.dumps(message, protocol=_ARRAYS_APART, buffer_callback=arrays.append)
        parts = [memoryview(pickled), *(array.raw() for array in arrays)]
        numbers = (len(parts), *(part.nbytes for part in parts))
        self._connection.sendall(b"".join(map(_NUMBER.pack, numbers)))
        for part in parts:
            self._connection.sendall(part)

    def receive(self) -> Any:
        """Waits for an object, and returns it. Arrays can be written to.

        Raises:
            EOFError, OSError: the other side has ended.
        """
        (count,) = self._numbers(1)
        pickled, *arrays = (self._bytes(size) for size in self._numbers(count))
        return pickle.loads(pickled, buffers=arrays)  # noqa: S301 - of our own child, or parent

    def close(self) -> None:
        """Ends the connection; the other side's next call raises."""
        self._connection.close()

    def _numbers(self, count: int) -> Sequence[int]:
        return [number for (number,) in _NUMBER.iter_unpack(self._bytes(count * _NUMBER.size))]

    def _bytes(self, size: int) -> bytearray:
        content = bytearray(size)
        left = memoryview(content)
        while left:
            received = self._connection.recv_into(left, 0, socket.MSG_WAITALL)
            if not received:
                raise EOFError("the other side has ended")
            left = left[received:]
        return content
