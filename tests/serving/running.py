"""A real server on a free port, in a thread of the test, and a client for it."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
from PIL import Image

from semseg.prediction.segmenter import Network, Segmenter
from semseg.serving.app import create_app
from semseg.serving.limits import Limits
from semseg.serving.model_thread import ModelThread
from semseg.serving.server import build_server

Loader = Callable[[], Segmenter]
DEFAULTS = Limits()
SECONDS = 20  # to wait for what must happen; a test fails after them


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
    loading: Future[None]

    def ask(self, method: str, path: str, body=None, headers=None) -> Reply:
        """``body`` as an iterator is sent in chunks."""
        return ask(self.port, method, path, body, headers)

    def segment(self, body, accept: str = "image/png") -> Reply:
        return self.ask("POST", "/invocations", body, {"Content-Type": "application/x-image", "Accept": accept})


def ask(port: int, method: str, path: str, body=None, headers=None) -> Reply:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())


@contextlib.contextmanager
def running(load: Loader, limits: Limits = DEFAULTS, name: str | None = None) -> Iterator[RunningServer]:
    """A server whose model is being loaded."""
    model = ModelThread(load)
    listener = socket.create_server(("127.0.0.1", 0))
    server = build_server(create_app(model, limits, name), limits.drain_seconds)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield RunningServer(listener.getsockname()[1], model.start())
    finally:
        server.should_exit = True
        thread.join(SECONDS)
        assert not thread.is_alive()


@contextlib.contextmanager
def serving(network: Network, limits: Limits = DEFAULTS, name: str | None = None) -> Iterator[RunningServer]:
    """A server that is ready, without a scale rule."""
    with running(lambda: Segmenter(network, None), limits, name) as server:
        server.loading.result(SECONDS)
        yield server


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def jpeg(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=95)
    return file.getvalue()
