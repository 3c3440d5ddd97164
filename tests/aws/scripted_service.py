"""A small AWS over HTTP that answers as it is told, for calls and changing states that moto has not.

Each answer is held against botocore's own model of the operation, so that a test cannot invent a shape.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
from botocore.validate import ParamValidator

SERVICES = {"SageMaker": "sagemaker", "Logs_20140328": "logs"}  # what X-Amz-Target begins with -> boto3's name
MODELS = {name: botocore.session.get_session().get_service_model(name) for name in SERVICES.values()}


class Refusal:
    """An error answer, such as Refusal("ResourceNotFoundException", "no such group")."""

    def __init__(self, code: str, message: str) -> None:
        self.body = {"__type": code, "message": message}


class Service:
    """What was asked, and what is answered: for each operation its answers in order, the last again and again.

    An answer may be a function, which is called with the service.
    """

    def __init__(self, url: str, answers: Mapping[str, Sequence[Any]]) -> None:
        self.url = url
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._answers = {operation: list(given) for operation, given in answers.items()}
        self._lock = threading.Lock()

    def answer(self, target: str, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        service, operation = target.split(".")
        with self._lock:
            self.calls.append((operation, parameters))
            waiting = self._answers.get(operation, [Refusal("UnknownOperationException", operation)])
            given = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if callable(given):
            given = given(self)
        if isinstance(given, Refusal):
            return 400, given.body
        shape = MODELS[SERVICES[service]].operation_model(operation).output_shape
        report = ParamValidator().validate(given, shape).generate_report() if shape else ""
        return (500, {"message": report}) if report else (200, given)

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """The parameters of each call of one operation."""
        return [parameters for name, parameters in self.calls if name == operation]


@contextmanager
def scripted(answers: Mapping[str, Sequence[Any]]) -> Iterator[Service]:
    """A running service."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = service.answer(self.headers["X-Amz-Target"], json.loads(body))
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing: the test's output is the test's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service = Service(f"http://127.0.0.1:{server.server_port}", answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
