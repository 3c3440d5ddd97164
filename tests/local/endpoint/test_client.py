"""The client of one endpoint, over small servers in threads of the test."""

from __future__ import annotations

import contextlib
import hmac
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from semseg.local.endpoint.client import EndpointClient
from semseg.local.endpoint.invocation import NoAnswer
from tests.ports import free_port

REFUSAL = b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge"


class CountingServer(ThreadingHTTPServer):
    """Counts its connections, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self, secret: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.secret = secret
        self.heard = ""  # a proof of another server, which it shows in place of its own
        self.connections = 0
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.tokens: list[str] = []
        self.challenges: list[str] = []

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def get_request(self) -> tuple[socket.socket, Any]:
        self.connections += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    """Answers with what it was sent; "close" and "hang up" end the connection, after the answer and instead of it."""

    protocol_version = "HTTP/1.1"
    server: CountingServer

    def do_GET(self) -> None:
        self.note()
        challenge = self.headers["x-semseg-challenge"] or ""
        self.server.challenges.append(challenge)
        proof = hmac.new(self.server.secret.encode(), challenge.encode(), "sha256").hexdigest()
        self.answer(200, b"", self.server.heard or proof)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.note()
        self.server.bodies.append(body)
        if body == b"redirect":
            self.answer(307, b"", "")
        elif body != b"hang up" and (body != b"hang up once" or self.server.bodies.count(body) > 1):
            self.answer(200, body, "")
        if body in (b"close", b"hang up", b"hang up once"):
            self.close_connection = True

    def note(self) -> None:
        self.server.paths.append(self.path)
        self.server.tokens += [self.headers["Authorization"]] if "Authorization" in self.headers else []

    def answer(self, status: int, body: bytes, proof: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-semseg-proof", proof)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[CountingServer]:
    with CountingServer("pets-1") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(server: CountingServer) -> EndpointClient:
    return EndpointClient(server.port, "pets-1")


def test_many_requests_go_over_one_connection_that_is_asked_once_whose_it_is(
    client: EndpointClient, server: CountingServer
) -> None:
    answers = [client.invoke(body, {}).body for body in (b"a", b"b", b"c", b"d", b"e")]
    assert answers == [b"a", b"b", b"c", b"d", b"e"]
    assert server.connections == 1
    assert server.paths == ["/ping", *["/invocations"] * 5]


def test_another_server_on_the_port_is_sent_no_picture_and_no_token(server: CountingServer) -> None:
    refused_by(EndpointClient(server.port, "cows-7"))
    assert (server.bodies, server.tokens) == ([], [])
    assert set(server.paths) == {"/ping"}


def test_a_server_that_plays_back_what_it_heard_of_the_right_one_is_another_server(server: CountingServer) -> None:
    client = EndpointClient(server.port, "pets-1")
    assert client.is_ready()
    (challenge, *_) = server.challenges
    server.heard = hmac.new(b"pets-1", challenge.encode(), "sha256").hexdigest()
    refused_by(EndpointClient(server.port, "pets-1"))
    server.heard = "pets-1"
    refused_by(EndpointClient(server.port, "pets-1"))
    assert (server.bodies, server.tokens) == ([], [])
    assert len(set(server.challenges)) == len(server.challenges)  # none comes twice
    assert not any("pets-1" in heard for heard in server.challenges)


def refused_by(client: EndpointClient) -> None:
    with pytest.raises(NoAnswer, match=r"^StrangeServer\(.another server listens on this endpoint's port.\)$"):
        client.invoke(b"a picture", {"Authorization": "Bearer open-sesame"})
    assert not client.is_ready()
    assert not client.is_there()
    assert client.concurrent_requests({"Authorization": "Bearer open-sesame"}) == 1


def test_a_server_that_is_asked_for_no_proof_may_be_any(server: CountingServer) -> None:
    assert EndpointClient(server.port, None).invoke(b"a", {}).body == b"a"
    assert server.paths == ["/invocations"]


def test_a_connection_that_the_server_closed_meanwhile_fails_no_request(
    client: EndpointClient, server: CountingServer
) -> None:
    assert [client.invoke(b"close", {}).body for _ in range(3)] == [b"close"] * 3
    assert server.bodies == [b"close"] * 3
    assert server.connections == 3


def test_a_kept_connection_that_ends_without_an_answer_is_replaced_once(
    client: EndpointClient, server: CountingServer
) -> None:
    client.invoke(b"a", {})
    assert client.invoke(b"hang up once", {}).body == b"hang up once"
    assert server.bodies == [b"a", b"hang up once", b"hang up once"]
    assert server.connections == 2


def test_a_new_connection_that_ends_without_an_answer_is_not_replaced(
    client: EndpointClient, server: CountingServer
) -> None:
    with pytest.raises(NoAnswer, match=r"^RemoteDisconnected\("):
        client.invoke(b"hang up", {})
    assert server.bodies == [b"hang up"]
    with pytest.raises(NoAnswer):
        client.invoke(b"hang up", {})
    assert server.bodies == [b"hang up"] * 2


@pytest.mark.parametrize("body", [b"12345", bytearray(b"12345"), memoryview(b"1234567")[:5]])
def test_a_body_is_bytes_of_any_kind(client: EndpointClient, body: Any) -> None:
    assert client.invoke(body, {}).body == b"12345"


def test_a_redirect_is_an_answer_and_not_followed(client: EndpointClient) -> None:
    assert client.invoke(b"redirect", {}).status == 307


def test_no_proxy_is_asked(client: EndpointClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert client.invoke(b"a", {}).body == b"a"


def test_an_answer_that_does_not_come_in_time_is_none(client: EndpointClient) -> None:
    with silent() as port, pytest.raises(NoAnswer, match="timed out"):
        EndpointClient(port, None).invoke(b"a", {}, seconds=0.1)
    with silent() as port, pytest.raises(NoAnswer, match="timed out"):
        EndpointClient(port, "pets-1").invoke(b"a", {}, seconds=0.1)


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """The port of a server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_fork_does_not_share_the_connections_of_its_parent() -> None:
    program = (
        "import os\n"
        "from semseg.local.endpoint.client import EndpointClient\n"
        "client = EndpointClient(1, 'pets-1')\n"
        "assert client.is_for(1, 'pets-1') and not client.is_for(2, 'pets-1') and not client.is_for(1, 'cows-7')\n"
        "child = os.fork()\n"
        "if not child: os._exit(client.is_for(1, 'pets-1'))\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_nobody_on_a_port_is_not_ready() -> None:
    assert not EndpointClient(free_port(), None).is_ready()


def test_an_answer_sent_before_the_body_was_read_is_kept() -> None:
    with answering(REFUSAL) as port:
        answer = EndpointClient(port, None).invoke(b"x" * 1000, {"Content-Type": "image/png"})
    assert (answer.status, answer.message) == (413, "large")


@contextlib.contextmanager
def answering(content: bytes) -> Iterator[int]:
    """The port of a server that sends these bytes once, whatever it is asked."""

    def answer_once() -> None:
        connection, _ = listener.accept()
        with contextlib.closing(connection):
            connection.recv(2000)
            connection.sendall(content)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer_once)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0.1), ("", None), ("Mon, 23 Nov 2026 15:00:00 GMT", None), ("-1", None), ("1.5", None)],
)
def test_retry_after_is_read_in_seconds(header: str, seconds: float | None) -> None:
    answer = f"HTTP/1.1 503 Busy\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n"
    with answering(answer.encode()) as port:
        assert EndpointClient(port, None).invoke(b"x", {}).retry_after == seconds


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ('{"MaxConcurrentTransforms": 4}', 4),
        ('{"MaxConcurrentTransforms": 0}', 1),
        ('{"MaxConcurrentTransforms": 1000000}', 100),
        ('{"MaxConcurrentTransforms": "4"}', 1),
        ('{"MaxConcurrentTransforms": true}', 1),
        ("{}", 1),
        ("[]", 1),
        ("nothing", 1),
        ("[" * 60_000, 1),
        ("9" * 60_000, 1),
        (f'{{"MaxConcurrentTransforms": 4}}{" " * 65_506}', 4),  # 64 KiB
        (f'{{"MaxConcurrentTransforms": 4}}{" " * 65_507}', 1),
    ],
)
def test_an_endpoint_may_say_how_many_requests_it_asks_for(body: str, number: int) -> None:
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    with answering(answer.encode()) as port:
        assert EndpointClient(port, None).concurrent_requests({}) == number


def test_nobody_on_a_port_is_asked_one_thing_at_a_time() -> None:
    assert EndpointClient(free_port(), None).concurrent_requests({}) == 1
