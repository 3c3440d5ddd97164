"""The command of a process that reads samples: ``python -m semseg.training.reader <file descriptor of its socket>``.

It ends when the process that started it does, however that ends, for then the socket ends.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from semseg.plumbing.object_socket import ObjectSocket


def main() -> None:
    """Answers on the socket that is handed over, until it ends."""
    line = ObjectSocket(socket.socket(fileno=int(sys.argv[1])))
    with contextlib.suppress(EOFError, OSError):
        answer_each(line)


def answer_each(line: ObjectSocket) -> None:
    """Calls a function with each item that comes. A function comes with its first item; None means the one before."""
    function: Callable[[Any], Any] | None = None
    while True:
        told, item = line.receive()
        function = function if told is None else told
        assert function is not None  # it came with the first item
        line.send(outcome(function, item))


def outcome(function: Callable[[Any], Any], item: Any) -> tuple[Any, Exception | None, str]:
    """Returns what a call returned, what it raised, and where it did."""
    try:
        return function(item), None, ""
    except Exception as error:
        return None, error, traceback.format_exc()


if __name__ == "__main__":
    main()
