"""Runs an endpoint: opens the port, starts the engines, and ends in order when it is asked to."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from queue import SimpleQueue

import uvicorn
from starlette.applications import Starlette

from semseg.contract.environment import (
    BIND_ADDRESS,
    BIND_TO_PORT,
    ENDPOINT_NAME,
    ENDPOINT_SECRET,
    LISTENING_SOCKET,
    TOKEN,
)
from semseg.contract.listening_socket import adopt_socket, open_socket
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.errors import PlatformError, SemsegError
from semseg.serving.app import create_app
from semseg.serving.engine_starter import EngineStarter
from semseg.serving.engines import Engines
from semseg.serving.http_protocol import protocol_within
from semseg.serving.limits import Limits
from semseg.serving.metrics import Metrics
from semseg.serving.pipeline import Pipeline

MOST_FILES = 65536  # and connections, open at once
MOST_FILES_OF_MACOS = 10240  # OPEN_MAX of its sys/syslimits.h: its setrlimit(2) may refuse more
M_MMAP_THRESHOLD = -3  # of malloc.h
LARGE_BLOCK = 2**20  # bytes
SECONDS_TO_CANCEL = 2  # for requests that are not finished at the end of the drain

logger = logging.getLogger(__name__)


def serve(starter: EngineStarter, environment: Mapping[str, str], reading: PictureReading = AS_STORED) -> None:
    """Serves until SIGTERM or SIGINT. Requests that are under way then are finished, within SEMSEG_DRAIN_SECONDS.

    The port is open before the model is loaded, and /ping says 503 until it is. Call it once, in the main thread, and
    end the process by :func:`semseg.serving.process_end.end_process` afterwards.

    Args:
        starter: of the engine processes.
        environment: SEMSEG_LISTENING_SOCKET, or else SEMSEG_BIND_ADDRESS and SAGEMAKER_BIND_TO_PORT;
            SEMSEG_ENDPOINT_NAME, SEMSEG_ENDPOINT_SECRET, SEMSEG_TOKEN and those of :class:`Limits`.
        reading: the rule by which pictures are read.

    Raises:
        UserError: one of the variables has no usable value.
        PlatformError: the port cannot be opened, or the model not be loaded.
    """
    limits = Limits.from_environment(environment)
    token = TOKEN.read(environment)
    listener = listen(environment)
    ends: SimpleQueue[BaseException | None] = SimpleQueue()  # the only queue that a signal handler may put into
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ends.put(None))
    logging.raiseExceptions = False  # a log that cannot be written must not stop an answer
    limits = replace(limits, max_connections=min(limits.max_connections, allow_many_files() // 2))
    give_large_blocks_back()
    name, secret = ENDPOINT_NAME.read(environment), ENDPOINT_SECRET.read(environment)
    server = Server(listener, starter, limits, name, token, secret, reading)
    # In a thread of its own uvicorn leaves signals alone; it would end the process by the signal, not with 0.
    thread = threading.Thread(target=_run, args=(server, ends), name="http", daemon=True)
    thread.start()
    failure = ends.get()
    server.stop()
    thread.join(limits.drain_seconds + SECONDS_TO_CANCEL + SECONDS_TO_CANCEL)
    if failure is not None:
        raise failure


class Server:
    """uvicorn and the engines, in one event loop.

    Args:
        listener: a listening socket.
        starter: of the engine processes.
        name, token, secret: see :func:`create_app`.
        reading: the rule by which pictures are read.
    """

    def __init__(
        self,
        listener: socket.socket,
        starter: EngineStarter,
        limits: Limits,
        name: str | None = None,
        token: str | None = None,
        secret: str | None = None,
        reading: PictureReading = AS_STORED,
    ) -> None:
        metrics = Metrics()
        self.engines = Engines(starter, limits, metrics)
        self._pipeline = Pipeline(self.engines, limits, metrics, reading)
        self._listener = listener
        self._uvicorn = build_server(create_app(self._pipeline, limits, metrics, name, token, secret), limits)

    def run(self) -> None:
        """Serves until :meth:`stop` is called.

        Raises:
            PlatformError: the model cannot be loaded.
        """
        asyncio.run(self._serve())

    def stop(self) -> None:
        """Stops taking requests, finishes those under way, and ends. May be called from any thread."""
        self.engines.stopping = True
        self._uvicorn.should_exit = True

    async def _serve(self) -> None:
        async with self.engines.running() as failing:
            failing.add_done_callback(self._give_up)
            await self._uvicorn.serve(sockets=[self._listener])
            if left := self._uvicorn.server_state.tasks:
                logger.warning("leaving before %d requests are answered", len(left))
                await asyncio.wait(set(left), timeout=SECONDS_TO_CANCEL)
            self._pipeline.close()
            if failing.done():
                failing.result()

    def _give_up(self, _: object) -> None:
        """Stops and cancels all requests, because without an engine none of them will be answered."""
        self.stop()
        for task in self._uvicorn.server_state.tasks:
            task.cancel()


def allow_many_files() -> int:
    """Raises the number of files and connections that the process may have open to the highest allowed, and returns
    it.
    """
    import resource  # not at the top: Windows has none, and imports this file all the same

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    return raised_limit(now, highest, lambda limit: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most)))


def raised_limit(now: int, highest: int, set_limit: Callable[[int], None]) -> int:
    """Sets the number of files to the highest, or to what macOS allows, or leaves it; returns what it is then."""
    for limit in (highest, min(highest, MOST_FILES_OF_MACOS)):
        if limit > now:
            with contextlib.suppress(OSError, ValueError):
                set_limit(limit)
                return limit
    return now


def give_large_blocks_back() -> None:
    """Makes the C library return large blocks of memory to the system as soon as they are freed.

    glibc does so at first. But after a large block is freed, it takes blocks of up to that size, at most 32 MiB, from
    its heap, where they may stay for ever. Source: mallopt(3), M_MMAP_THRESHOLD.
    """
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def listen(environment: Mapping[str, str]) -> socket.socket:
    """Returns the listening socket: the one that was handed down, else one of its own.

    Raises:
        UserError: SEMSEG_LISTENING_SOCKET is no number, or as :func:`open_port`.
        PlatformError: as :func:`open_port` and :func:`adopt_socket`.
    """
    descriptor = LISTENING_SOCKET.read(environment)
    listener = open_port(environment) if descriptor is None else adopt_socket(descriptor)
    logger.info("listening on %s port %d", *listener.getsockname()[:2])
    return listener


def open_port(environment: Mapping[str, str]) -> socket.socket:
    """Returns a listening socket; 0 as the port takes a free one.

    Raises:
        UserError: SAGEMAKER_BIND_TO_PORT is no port.
        PlatformError: the port is in use, or the address is not this machine's.
    """
    way_out = f"set {BIND_TO_PORT.name} to a free port, or {BIND_ADDRESS.name} to an address of this machine"
    return open_socket(BIND_ADDRESS.read(environment), BIND_TO_PORT.read(environment), way_out)


def build_server(app: Starlette, limits: Limits) -> uvicorn.Server:
    """Returns uvicorn configured for the endpoint: the same HTTP parser on all machines, no web sockets, our own
    log.
    """
    config = uvicorn.Config(
        app,
        http=protocol_within(limits),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=limits.drain_seconds,
    )
    return uvicorn.Server(config)


def _run(server: Server, ends: SimpleQueue[BaseException | None]) -> None:
    failure: BaseException = PlatformError("The HTTP server ended although nobody asked it to: its log says why")
    try:
        server.run()
    except SemsegError as error:
        failure = error
    except BaseException:
        logger.exception("the HTTP server failed")
    finally:
        # After a signal nobody reads this; without one, it is the only sign that the server ended.
        ends.put(failure)
