"""One engine in a child process, seen from the endpoint, which asks it and ends it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from semseg.errors import PlatformError
from semseg.prediction.scale import ScaleRule
from semseg.serving import wire

PIECE = 65536  # bytes read at once
SECONDS_TO_END = 2.0  # the time that a process has to end by itself after its socket was closed


class EngineEnded(Exception):
    """Raised if the engine process ended, or sent what is no message, before it answered."""


@dataclass(frozen=True)
class EngineFacts:
    """The facts about its model that an engine reports once it is ready.

    Attributes:
        classes: how many the network knows.
        scale: the rule that gives the size at which the network sees a picture.
        batches: whether it gives the same bytes for several pictures at once as for each alone.
    """

    classes: int
    scale: ScaleRule
    batches: bool


class EngineProcess:
    """A child process with an engine in it, which answers one message at a time. Use it only in the event loop that
    made it.

    Args:
        process: the child.
        connection: the endpoint's end of its socket.
    """

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        self._process, self._socket = process, connection
        self._socket.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._inbox = wire.Inbox()
        self._answer: asyncio.Future[wire.Message] = self._loop.create_future()  # the process speaks first
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._socket, self._receive)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def ready(self) -> EngineFacts:
        """Waits until the model is loaded and warm.

        Raises:
            PlatformError: the model cannot be loaded; says why.
            EngineEnded: the process ended first.
        """
        message = await self._next()
        if "ready" not in message:
            raise PlatformError(str(message.get("unloadable", "The engine process did not say what it is")))
        facts = message["ready"]
        scale = ScaleRule(facts["base_size"], facts["aligned_sizes"])
        return EngineFacts(facts["classes"], scale, facts["batches"])

    def ask(self, message: wire.Message, files: Sequence[int]) -> Coroutine[None, None, wire.Message]:
        """Sends a message and open files, which may be closed after the call. Await the result for the answer.

        Raises:
            EngineEnded: the process ended first.
        """
        self._answer = self._loop.create_future()
        if not self.ended.done():
            try:
                wire.send(self._socket, message, files)
            except OSError:
                self._lose()
        return self._next()

    async def wait_for_end_or(self, other: asyncio.Future[Any]) -> None:
        """Waits until the process ends or another future is done."""
        futures: set[asyncio.Future[Any]] = {other, self.ended}
        await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)

    async def end(self) -> int:
        """Makes sure that the process has ended, and returns its exit code; a negative one is the signal that ended
        it.
        """
        alive = not self.ended.done()
        self._lose()
        if alive:
            self._process.kill()
        return await self._loop.run_in_executor(None, self._reap)

    def kill(self) -> None:
        """Ends the process at once, and waits for it. For the end of the endpoint itself."""
        self._lose()
        self._process.kill()
        self._process.wait()

    def _reap(self) -> int:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(SECONDS_TO_END)
        self._process.kill()
        return self._process.wait()

    async def _next(self) -> wire.Message:
        await self.wait_for_end_or(self._answer)
        if not self._answer.done():
            raise EngineEnded
        return self._answer.result()

    def _receive(self) -> None:
        try:
            data = self._socket.recv(PIECE)
            messages = self._inbox.add(data)
        except BlockingIOError:
            return
        except (OSError, wire.BrokenWire):
            self._lose()
            return
        if not data:
            self._lose()
        for message in messages:
            if not self._answer.done():
                self._answer.set_result(message)

    def _lose(self) -> None:
        """Closes the socket, and marks the process as ended."""
        if not self.ended.done():
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self.ended.set_result(None)
