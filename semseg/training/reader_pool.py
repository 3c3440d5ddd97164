"""Processes that read samples for this one. Threads in it would want the interpreter, and so would the training loop,
which must keep a GPU busy.

``concurrent.futures`` has such a pool. But its processes outlive a parent that is killed, import modules from the
current folder, and end on a signal that is meant for the job.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import ExitStack
from queue import SimpleQueue
from types import TracebackType
from typing import Any, TypeVar

from semseg.contract.environment import OMP_NUM_THREADS
from semseg.errors import PlatformError, SemsegError
from semseg.machine.python_command import python_command
from semseg.plumbing.object_socket import ObjectSocket
from semseg.plumbing.ordered_map import ordered_map
from semseg.plumbing.socket_child import start_on_socket

ONE_THREAD = "1"  # where numpy would start one for each core
COMMAND = python_command("semseg.training.reader")

Item = TypeVar("Item")
Result = TypeVar("Result")


class RaisedElsewhere(Exception):
    """The cause of an error that another process raised: where it did."""


class Reader:
    """A process that calls functions for this one.

    Args:
        command: of the process; the file descriptor of its socket is appended.

    Raises:
        PlatformError: it cannot be started.
    """

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        try:
            self.process, ours = start_on_socket(command, {**os.environ, OMP_NUM_THREADS.name: ONE_THREAD})
        except OSError as error:
            raise PlatformError(f"A process that reads samples cannot be started: {error.strerror or error}") from error
        self._line = ObjectSocket(ours)
        self._function: Callable[[Any], Any] | None = None  # that the process knows

    def call(self, function: Callable[[Item], Result], item: Item) -> Result:
        """Returns ``function(item)``, or raises what it raises."""
        try:
            self._line.send((None if function == self._function else function, item))
            self._function = function
            result, error, where = self._line.receive()
        except (EOFError, OSError) as lost:
            raise PlatformError(f"A process that reads samples {self._ending()}") from lost
        if error is None:
            return result
        raise error from (None if isinstance(error, SemsegError) else RaisedElsewhere(f"in a reader:\n{where}"))

    def _ending(self) -> str:
        code = self.process.wait()
        if code >= 0:
            return f"ended with exit code {code}"
        name = signal.Signals(-code).name
        hint = ": where memory ran out, a smaller _workers needs less" if name == "SIGKILL" else ""
        return f"was ended by {name}{hint}"

    def close(self) -> None:
        """Ends the process. A thread that waits for it gets an error."""
        self.process.kill()
        self.process.wait()
        self._line.close()


class ReaderPool:
    """Several processes that call functions for this one. They end when this process does, however it ends.

    Args:
        size: how many, at least 1. They are started at once, and need a second until they answer.
        command: of each; see :class:`Reader`.

    Raises:
        PlatformError: one cannot be started.
    """

    def __init__(self, size: int, command: Sequence[str] = COMMAND) -> None:
        self._idle: SimpleQueue[Reader] = SimpleQueue()
        self.readers: list[Reader] = []
        with ExitStack() as undo:
            undo.callback(self.close)
            for _ in range(size):
                self.readers.append(Reader(command))
                self._idle.put(self.readers[-1])
            undo.pop_all()

    def __len__(self) -> int:
        return len(self.readers)

    def __enter__(self) -> ReaderPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def map(
        self, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
    ) -> Generator[Result, None, None]:
        """Yields ``function(item)`` for each item, in the order of the items; see :func:`ordered_map`.

        Args:
            function: can be pickled, as can items and results. It is sent to a process when it is another than before.
            ahead: how many items are under way or waiting to be taken, beside one for each process.

        Raises:
            PlatformError: a process has ended.
        """

        def call(item: Item) -> Result:
            reader = self._idle.get()
            try:
                return reader.call(function, item)
            finally:
                self._idle.put(reader)

        return ordered_map(call, items, len(self), len(self) + ahead)

    def close(self) -> None:
        """Ends the processes."""
        for reader in self.readers:
            reader.close()
