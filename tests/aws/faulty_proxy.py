"""A proxy in front of moto that does to its answers what networks and S3 do on bad days."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from semseg.aws.connection import Connection, Patience
from semseg.aws.object_store import ObjectStore

IMPATIENT = Patience(attempts=2, connect_seconds=5, read_seconds=20, waits=(0.01, 0.02))
SILENCE_SECONDS = 0.5  # where the fault is a silence; a busy machine is silent for as long
ANSWERS = {  # fault -> status, code, message
    "throttle": (503, "SlowDown", "Please reduce your request rate."),
    "fail": (500, "InternalError", "We encountered an internal error. Please try again."),
    "vanish": (404, "NoSuchKey", "The specified key does not exist."),
    "deny": (403, "AccessDenied", "Access Denied"),
    "expire": (400, "ExpiredToken", "The provided token has expired."),
    "unknown key": (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
    "signature": (
        403,
        "SignatureDoesNotMatch",
        "The canonical string should have been",
    ),  # the request's headers follow
}
CUT_SHORT = ("reset", "truncate", "stall")


class FaultyProxy(ThreadingHTTPServer):
    """Passes requests on, and does each fault once, to the first request that it is meant for.

    Attributes:
        faults: (method, what the path ends with, fault) in the order of their turns; a fault is a name in ANSWERS or
            CUT_SHORT. Cutting short happens in the middle of the content.
        seen: the (method, path) of each request.
        upload_seconds: how long each PUT takes at least.
        bytes_per_second: that all contents together may have, both ways; 0 means any number.
    """

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urllib.parse.urlsplit(target).netloc
        self.faults: list[tuple[str, str, str]] = []
        self.seen: list[tuple[str, str]] = []
        self.upload_seconds = 0.0
        self.bytes_per_second = 0.0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._link = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, method: str, end: str, *faults: str) -> None:
        self.faults += [(method, end, fault) for fault in faults]

    def take(self, method: str, path: str) -> str | None:
        with self._lock:
            self.seen.append((method, path))
            for turn in self.faults:
                if turn[0] == method and path.split("?")[0].endswith(turn[1]):
                    self.faults.remove(turn)
                    return turn[2]
        return None

    def carry(self, content: bytes) -> None:
        """Waits as long as the link needs for a content, after those that are on their way."""
        if self.bytes_per_second:
            with self._link:
                self.stopping.wait(len(content) / self.bytes_per_second)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    server: FaultyProxy
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.take(self.command, self.path)
        if fault in ANSWERS:
            self._refuse(str(fault))
            return
        if self.command == "PUT":
            self.server.stopping.wait(self.server.upload_seconds)
        self.server.carry(content)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "expect")}
        with closing(http.client.HTTPConnection(self.server.target, timeout=20)) as connection:
            connection.request(self.command, self.path, content, {**headers, "Host": self.server.target})
            answer = connection.getresponse()
            self._answer(answer.status, answer.getheaders(), answer.read(), fault)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass_on

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes, fault: str | None) -> None:
        self.server.carry(content)
        self.send_response_only(status)
        length = str(len(content)) if self.command != "HEAD" else dict(headers).get("Content-Length", "0")
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if fault in CUT_SHORT else content)
        self.wfile.flush()
        if fault in CUT_SHORT:
            self._cut_short(str(fault))

    def _cut_short(self, fault: str) -> None:
        self.close_connection = True
        if fault == "stall":
            self.server.stopping.wait(20)
        if fault == "reset":
            time.sleep(0.05)  # so that the first half arrives
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if fault != "stall":
            self.connection.close()

    def _refuse(self, fault: str) -> None:
        status, code, message = ANSWERS[fault]
        if fault == "signature":
            message += " ".join(f"{name}:{value}" for name, value in self.headers.items())
        content = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/xml")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def faulty_proxy(target: str) -> Iterator[FaultyProxy]:
    """A running proxy in front of ``target``."""
    with FaultyProxy(target) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.stopping.set()
            proxy.shutdown()
            thread.join()


def impatient_store(fault: str = "") -> ObjectStore:
    """S3 as the environment says, given up soon; after a short silence only where the fault "stall" is one."""
    patience = replace(IMPATIENT, read_seconds=SILENCE_SECONDS) if fault == "stall" else IMPATIENT
    return ObjectStore(Connection(patience=patience).client("s3"), patience.waits)
