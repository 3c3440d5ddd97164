"""Starts engine processes. Imports nothing heavy, so that the first process starts before the HTTP server is
imported.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence

from semseg.contract.environment import ENGINE_THREADS, LISTENING_SOCKET, OMP_NUM_THREADS, TOKEN
from semseg.errors import PlatformError
from semseg.plumbing.held_signals import held_back
from semseg.serving.limits import Limits

KEPT_TO_THE_SERVER = (TOKEN.name, LISTENING_SOCKET.name)

Started = tuple["subprocess.Popen[bytes]", socket.socket]


class EngineStarter:
    """Starts engine processes, one after the other.

    Args:
        command: what to start; the file descriptor of its socket is appended as the last argument.
        environment: its environment variables.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._ahead: list[Started] = []

    def start_ahead(self) -> None:
        """Starts the first process now, before it is asked for. Like the others it ends with this process.

        Raises:
            PlatformError: it cannot be started.
        """
        self._ahead.append(self.start())

    def start(self) -> Started:
        """Returns a process, and the endpoint's end of its socket.

        Raises:
            PlatformError: it cannot be started.
        """
        if self._ahead:
            return self._ahead.pop()
        try:
            ours, theirs = socket.socketpair()
            # an engine process is ended by its endpoint, after all is answered
            with theirs, held_back(signal.SIGTERM, signal.SIGINT), contextlib.ExitStack() as undo:
                undo.enter_context(ours)
                process = subprocess.Popen(
                    [*self._command, str(theirs.fileno())],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    pass_fds=(theirs.fileno(),),
                )
                undo.pop_all()
        except OSError as error:
            raise PlatformError(f"The engine process cannot be started: {error.strerror or error}") from error
        return process, ours


def environment_of_engines(environment: Mapping[str, str], limits: Limits, cores: int) -> dict[str, str]:
    """Returns the environment of the engine processes: it sets their number of threads, and leaves out the token and
    the listening socket.

    Args:
        cores: processor cores that may be used.
    """
    threads = str(limits.threads_of_an_engine(cores))
    told = {name: value for name, value in environment.items() if name not in KEPT_TO_THE_SERVER}
    if limits.engine_threads is not None or limits.engine_processes > 1:
        told[OMP_NUM_THREADS.name] = threads
    # Engines go by the first; MXNet reads it while it is loaded.
    return {OMP_NUM_THREADS.name: threads, **told, ENGINE_THREADS.name: threads}
