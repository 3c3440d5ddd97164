"""Starts engine processes. Imports nothing heavy, so that the first process starts before the HTTP server is
imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from semseg.contract.environment import (
    ENDPOINT_SECRET,
    ENGINE_THREADS,
    LISTENING_SOCKET,
    OMP_NUM_THREADS,
    TOKEN,
    without_aws,
)
from semseg.errors import PlatformError
from semseg.plumbing.rotating_log import RotatingLog
from semseg.plumbing.socket_child import Started, start_on_socket
from semseg.serving.limits import Limits

KEPT_TO_THE_SERVER = (TOKEN.name, ENDPOINT_SECRET.name, LISTENING_SOCKET.name)


class EngineStarter:
    """Starts engine processes, one after the other.

    Args:
        command: what to start; the file descriptor of its socket is appended as the last argument.
        environment: its environment variables.
        log: takes what it prints; None lets it print where this process prints.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: RotatingLog | None = None) -> None:
        self._command = command
        self._environment = environment
        self._log = log
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
            return start_on_socket(self._command, self._environment, self._log)
        except OSError as error:
            raise PlatformError(f"The engine process cannot be started: {error.strerror or error}") from error


def environment_of_engines(environment: Mapping[str, str], limits: Limits, cores: int) -> dict[str, str]:
    """Returns the environment of the engine processes: it sets their number of threads, and leaves out the token,
    the secret, the listening socket and all that is for AWS.

    Args:
        cores: processor cores that may be used.
    """
    threads = str(limits.threads_of_an_engine(cores))
    told = {name: value for name, value in without_aws(environment).items() if name not in KEPT_TO_THE_SERVER}
    if limits.engine_threads is not None or limits.engine_processes > 1:
        told[OMP_NUM_THREADS.name] = threads
    # Engines go by the first; MXNet reads it while it is loaded.
    return {OMP_NUM_THREADS.name: threads, **told, ENGINE_THREADS.name: threads}
