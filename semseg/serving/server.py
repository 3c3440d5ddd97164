"""Runs an endpoint: opens the port, loads the model, and leaves in order when it is asked to."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from queue import SimpleQueue

import uvicorn
from starlette.applications import Starlette

from semseg.errors import PlatformError, SemsegError, UserError
from semseg.prediction.segmenter import Segmenter
from semseg.serving.app import create_app
from semseg.serving.limits import Limits
from semseg.serving.model_thread import ModelThread

ADDRESS_VARIABLE = "SEMSEG_BIND_ADDRESS"
NAME_VARIABLE = "SEMSEG_ENDPOINT_NAME"
PORT_VARIABLE = "SAGEMAKER_BIND_TO_PORT"
DEFAULT_ADDRESS = "127.0.0.1"
DEFAULT_PORT = "8080"
SECONDS_TO_CANCEL = 2  # that uvicorn gets for what is not done by the end of the drain

logger = logging.getLogger(__name__)


def serve(load: Callable[[], Segmenter], environment: Mapping[str, str]) -> None:
    """Serve until SIGTERM or SIGINT; what is under way then is finished, within SEMSEG_DRAIN_SECONDS.

    The port is open before the model is loaded, and /ping says 503 until it is. To be called in the main thread.

    Args:
        load: makes the segmenter.
        environment: SEMSEG_BIND_ADDRESS, SAGEMAKER_BIND_TO_PORT, SEMSEG_ENDPOINT_NAME and those of :class:`Limits`.

    Raises:
        UserError: one of the variables has no usable value.
        PlatformError: the port cannot be opened.
        SemsegError: the model cannot be loaded.
    """
    limits = Limits.from_environment(environment)
    listener = open_port(environment)
    ends: SimpleQueue[BaseException | None] = SimpleQueue()  # the one queue that a signal handler may put to
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ends.put(None))
    model = ModelThread(load)
    app = create_app(model, limits, environment.get(NAME_VARIABLE))
    server = build_server(app, limits.drain_seconds)
    # In a thread of its own uvicorn leaves signals alone; it would end the process by the signal, not with 0.
    thread = threading.Thread(target=_run, args=(server, listener, ends), name="http", daemon=True)
    thread.start()
    model.start().add_done_callback(lambda loading: _report(loading, ends))
    failure = ends.get()
    server.should_exit = True
    thread.join(limits.drain_seconds + SECONDS_TO_CANCEL)
    if failure is not None:
        raise _as_ours(failure) from failure
    if model.busy:
        _leave_at_once()


def open_port(environment: Mapping[str, str]) -> socket.socket:
    """A listening socket; 0 as the port takes a free one.

    Raises:
        UserError: SAGEMAKER_BIND_TO_PORT is no port.
        PlatformError: the port is in use, or the address is not this machine's.
    """
    address = environment.get(ADDRESS_VARIABLE, DEFAULT_ADDRESS)
    port = environment.get(PORT_VARIABLE, DEFAULT_PORT)
    if not (port.isascii() and port.isdigit() and int(port) <= 65535):
        raise UserError(f"The environment variable {PORT_VARIABLE} must be a port from 0 to 65535, got {port!r}")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        listener = socket.create_server((address, int(port)), family=family)
    except OSError as error:
        reason = str(error.strerror).split(" (")[0]  # Python appends the address in brackets
        raise PlatformError(
            f"Port {port} of {address} cannot be opened ({reason}): "
            f"set {PORT_VARIABLE} to a free port, or {ADDRESS_VARIABLE} to an address of this machine"
        ) from error
    logger.info("listening on %s port %d", *listener.getsockname()[:2])
    return listener


def build_server(app: Starlette, drain_seconds: int) -> uvicorn.Server:
    """uvicorn as the endpoint needs it: one HTTP parser wherever it runs, no web sockets, our own log."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level=logging.WARNING,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=drain_seconds,
    )
    return uvicorn.Server(config)


def _run(server: uvicorn.Server, listener: socket.socket, ends: SimpleQueue[BaseException | None]) -> None:
    try:
        server.run(sockets=[listener])
    finally:
        # Of no consequence after a signal; without one, the only word of the server's end.
        ends.put(PlatformError("The HTTP server ended although nobody asked it to: its log says why"))


def _report(loading: Future[None], ends: SimpleQueue[BaseException | None]) -> None:
    failure = loading.exception()
    if failure is None:
        logger.info("the model is loaded and warm")
    else:
        ends.put(failure)


def _as_ours(failure: BaseException) -> BaseException:
    if isinstance(failure, SemsegError):
        return failure
    logger.error("the model could not be loaded", exc_info=failure)
    return PlatformError(f"The model could not be loaded: {type(failure).__name__}: {failure}")


def _leave_at_once() -> None:
    """End the process with 0 although a prediction or the loading goes on: it would wait for that, however long."""
    logger.warning("leaving before the model is done")
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
