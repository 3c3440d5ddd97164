"""A real server on a free port, in a thread of the test, and a client for it."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Union

import numpy as np
from PIL import Image

from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.engines.network import Network
from semseg.errors import SemsegError
from semseg.serving.engine_starter import EngineStarter
from semseg.serving.limits import Limits
from semseg.serving.server import Server
from tests.serving.fake_engine import command

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULTS = Limits()
SECONDS = 60  # to wait for what must happen; a test fails after them


Body = Union[bytes, Iterable[bytes], None]  # of a request; what is no bytes is sent in chunks


@dataclass
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def message(self) -> str:
        """What a refusal says, after a look at its shape."""
        content = json.loads(self.body)
        assert self.headers["Content-Type"] == "application/json"
        assert sorted(content) == ["error", "message"]
        return content["message"]


@dataclass
class RunningServer:
    port: int
    server: Server

    def ask(self, method: str, path: str, body: Body = None, headers: Mapping[str, str] | None = None) -> Reply:
        """``body`` as an iterator is sent in chunks."""
        return ask(self.port, method, path, body, headers)

    def segment(self, body: Body, accept: str = "image/png") -> Reply:
        return self.ask("POST", "/invocations", body, {"Content-Type": "application/x-image", "Accept": accept})

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.server.engines.ready)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def metric(server: RunningServer, name: str) -> float:
    """A number of /metrics; ``name`` is all that stands before it."""
    text = server.ask("GET", "/metrics").body.decode()
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.M)
    assert found is not None
    return float(found[1])


def ask(port: int, method: str, path: str, body: Body = None, headers: Mapping[str, str] | None = None) -> Reply:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())


@contextlib.contextmanager
def running(
    network: type[Network],
    limits: Limits = DEFAULTS,
    name: str | None = None,
    reading: PictureReading = AS_STORED,
    **more: str,
) -> Iterator[RunningServer]:
    """A server whose engine processes are being started.

    Args:
        network: of the engines, without a scale rule; its module is imported in their processes.
        more: "token" of the server, and environment variables of the engines.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    token = more.pop("token", None)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), **more}  # a test may have gone to another folder
    server = Server(listener, EngineStarter(command(network), environment), limits, name, token, None, reading)
    thread = threading.Thread(target=_run, args=(server,))
    thread.start()
    try:
        yield RunningServer(listener.getsockname()[1], server)
    finally:
        server.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()


def _run(server: Server) -> None:
    with contextlib.suppress(SemsegError):
        server.run()


@contextlib.contextmanager
def serving(
    network: type[Network],
    limits: Limits = DEFAULTS,
    name: str | None = None,
    reading: PictureReading = AS_STORED,
    **more: str,
) -> Iterator[RunningServer]:
    """A server that is ready."""
    with running(network, limits, name, reading, **more) as server:
        server.wait_until_ready()
        yield server


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def jpeg(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=95)
    return file.getvalue()
