"""An engine whose devices are processes: what it is asked goes to all of them, each of which has its share of a batch.

``python -m tests.engines.pytorch.engine_of_processes MAKE SEED FD`` is one of the processes: it makes its engine by the
function MAKE, "module:function", of the seed and the group, and does what the socket FD says.
"""

from __future__ import annotations

import importlib
import socket
import subprocess
import sys
import weakref
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from semseg.engines.group import ALONE, share
from semseg.engines.start import Start
from tests.engines.pytorch.in_group import REPOSITORY, environment
from tests.ports import free_port

SECONDS = 120


@dataclass
class Member:
    """A place in a group, to share out by."""

    rank: int
    size: int

    sum = ALONE.sum
    barrier = ALONE.barrier


class EngineOfProcesses:
    """An engine that trains in a group of processes on this machine; its first process answers and writes.

    Args:
        make: names the function that makes the engine of one process, as "module:function".
        seed: what it is handed.
        size: how many processes.
    """

    parts = 1

    def __init__(self, make: str, seed: int, size: int = 2) -> None:
        port = free_port()
        ends = [socket.socketpair() for _ in range(size)]
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", __name__, make, str(seed), str(theirs.fileno())],
                cwd=REPOSITORY,
                env=environment(rank, size, port),
                pass_fds=(theirs.fileno(),),
            )
            for rank, (_, theirs) in enumerate(ends)
        ]
        for _, theirs in ends:
            theirs.close()
        self._connections = [Connection(ours.detach()) for ours, _ in ends]
        weakref.finalize(self, _end, self._connections, processes)
        self.num_classes: int = self._answers()[0]

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        """Hands each process its share of the batch."""
        size = len(self._connections)
        for rank, connection in enumerate(self._connections):
            own = share(len(images), Member(rank, size))
            connection.send(("step", (images[own], masks[own], learning_rate)))
        self._answers()

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Is answered by all processes, which must agree but for their own statistics of batch norm."""
        found: np.ndarray = self._all("probabilities", images, size)[0]
        return found

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Is answered by the first process."""
        found: np.ndarray = self._all("mask", images, size)[0]
        return found

    def take_loss(self) -> float:
        """Returns the loss of the whole group, which all processes must know."""
        losses = self._all("take_loss")
        assert losses == [losses[0]] * len(losses)
        return float(losses[0])

    def begin_step(self, epoch: int, step: int) -> None:
        """Begins it in all processes."""
        self._all("begin_step", epoch, step)

    def averaged(self) -> AbstractContextManager[None]:
        """Does nothing: of processes that keep averages a method of their engines saves them."""
        return nullcontext()

    def own_state(self) -> dict[str, np.ndarray]:
        """Returns that of all processes, the first index being their rank."""
        states = self._all("own_state")
        return {name: np.stack([state[name] for state in states]) for name in states[0]}

    def take_own_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Gives each process its own."""
        for rank, connection in enumerate(self._connections):
            connection.send(("take_own_state", ({name: rows[rank] for name, rows in state.items()},)))
        self._answers()

    def save(self, path: Path, forced: bool = True) -> None:
        """Is written by the first process alone, as the trainer has it."""
        self.on_first("save", path, forced)

    def load(self, path: Path) -> None:
        """Is read by all processes."""
        self._all("load", path)

    def start_from(self, path: Path) -> Start:
        """Is done by all processes, which must take the same."""
        starts: list[Start] = self._all("start_from", path)
        assert starts == [starts[0]] * len(starts)
        return starts[0]

    def save_optimizer(self, path: Path, kept: Mapping[str, np.ndarray] | None = None) -> None:
        """Is written by the first process alone."""
        self.on_first("save_optimizer", path, kept)

    def load_optimizer(self, path: Path) -> dict[str, np.ndarray]:
        """Is read by all processes."""
        kept: dict[str, np.ndarray] = self._all("load_optimizer", path)[0]
        return kept

    def finish(self) -> None:
        """Waits for all processes."""
        self._all("finish")

    def _all(self, name: str, *arguments: Any) -> list[Any]:
        for connection in self._connections:
            connection.send((name, arguments))
        return self._answers()

    def on_first(self, name: str, *arguments: Any) -> None:
        """Calls a method of the first process's engine alone."""
        self._connections[0].send((name, arguments))
        _results(self._connections[:1])

    def _answers(self) -> list[Any]:
        return _results(self._connections)


def _results(connections: list[Connection]) -> list[Any]:
    """Returns what the processes answer; the first error among the answers is raised once all have been read."""
    answers = [_answer(connection) for connection in connections]
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def _answer(connection: Connection) -> Any:
    if not connection.poll(SECONDS):
        raise TimeoutError(f"a process of the engine does not answer within {SECONDS} seconds")
    return connection.recv()


def _end(connections: list[Connection], processes: list[subprocess.Popen[bytes]]) -> None:
    for connection in connections:
        connection.close()  # the process ends when it reads on
    for process in processes:
        try:
            process.wait(SECONDS)
        finally:
            process.kill()


def serve(engine: Any, connection: Connection) -> None:
    """Does what the connection says until it is closed."""
    connection.send(engine.num_classes)
    while True:
        try:
            name, arguments = connection.recv()
        except EOFError:
            return
        try:
            connection.send(getattr(engine, name)(*arguments))
        except Exception as error:
            connection.send(error)


def main() -> None:
    import torch

    from semseg.engines.pytorch.process_group import ProcessGroup, from_environment

    make, seed, descriptor = sys.argv[1:]
    module, function = make.split(":")
    with from_environment(torch.device("cpu")) as group:
        assert isinstance(group, ProcessGroup)
        engine = getattr(importlib.import_module(module), function)(int(seed), group)
        serve(engine, Connection(int(descriptor)))


if __name__ == "__main__":
    main()
