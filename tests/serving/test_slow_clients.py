"""Clients that do not send, do not fetch, or send what is no HTTP."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from semseg.serving.limits import Limits
from tests.prediction.fake_network import BrightnessNetwork, half_bright
from tests.serving.fake_networks import ManyClasses
from tests.serving.running import SECONDS, RunningServer, metric, png, serving, wait_until

PICTURE = png(half_bright(8, 8))
IMPATIENT = Limits(header_seconds=0.2, idle_seconds=0.2)
HEAD = b"POST /invocations HTTP/1.1\r\nHost: x\r\nAccept: application/x-protobuf\r\nContent-Length: %d\r\n\r\n"


@contextlib.contextmanager
def connected(server: RunningServer) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", server.port), SECONDS) as connection:
        yield connection


def all_of(connection: socket.socket) -> bytes:
    """What comes until the other side closes the connection."""
    data = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            data += piece
    return bytes(data)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with serving(BrightnessNetwork, IMPATIENT) as running_server:
        yield running_server


@pytest.mark.parametrize("start", [b"", b"POST /invocations HTTP/1.1\r\nHost: x\r\nX-Never"])
def test_a_connection_whose_headers_do_not_come_is_closed(server: RunningServer, start: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(start)
        assert all_of(connection) == b""


def test_the_headers_of_a_second_request_must_come_as_well(server: RunningServer) -> None:
    with connected(server) as connection:
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"GET /ping HTTP/1.1\r\nX-Never")
        assert all_of(connection) == b""


def test_a_body_that_stops_coming_is_408_and_the_connection_is_closed(server: RunningServer) -> None:
    with connected(server) as connection:
        connection.sendall(HEAD % 1000 + b"abc")
        answer = all_of(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    assert json.loads(answer.split(b"\r\n\r\n")[1])["message"] == (
        "A body must come without a break of 0.2 seconds and be whole within 60 seconds, and this one is not"
    )


def test_a_body_that_drips_is_408_at_the_deadline() -> None:
    with serving(BrightnessNetwork, Limits(deadline_seconds=1)) as server, connected(server) as connection:
        connection.sendall(HEAD % 10_000)
        connection.settimeout(0.05)
        answer = b""
        while not answer:
            connection.sendall(b"x")
            with contextlib.suppress(socket.timeout):
                answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_clients_that_do_not_send_hold_no_place() -> None:
    with serving(BrightnessNetwork, Limits(max_queue=1)) as server, contextlib.ExitStack() as clients:
        for start in (b"", b"POST /inv", HEAD % 1000, HEAD % 1000 + b"abc"):
            for _ in range(5):
                clients.enter_context(connected(server)).sendall(start)
        assert server.segment(PICTURE).status == 200


def test_bodies_that_are_too_many_bytes_together_are_503() -> None:
    limits = Limits(max_body_bytes=1000, held_body_bytes=1500)
    with serving(BrightnessNetwork, limits) as server, connected(server) as slow:
        slow.sendall(HEAD % 1000 + bytes(900))
        wait_until(lambda: server.segment(bytes(700)).status == 503)
        reply = server.segment(bytes(700))
        assert reply.message == "The endpoint is busy with other requests: ask again"
        assert server.segment(PICTURE).status == 200


def test_an_answer_that_nobody_fetches_is_given_up() -> None:
    picture = png(half_bright(300, 300))  # its probabilities are 72 MB, more than sockets hold
    with serving(ManyClasses, replace(IMPATIENT, header_seconds=SECONDS)) as server:
        with connected(server) as connection:
            connection.sendall(HEAD % len(picture) + picture)
            wait_until(lambda: metric(server, "semseg_requests_in_flight") == 1)
            wait_until(lambda: metric(server, "semseg_requests_in_flight") == 0)
        assert server.segment(picture).status == 200


def test_a_ping_is_answered_however_many_connections_ask_nothing() -> None:
    with serving(BrightnessNetwork, Limits(max_connections=20)) as server, contextlib.ExitStack() as clients:
        connections = [clients.enter_context(connected(server)) for _ in range(30)]
        connections[-1].sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\nX-Not-Yet")
        assert server.ask("GET", "/ping").status == 200
        assert server.segment(PICTURE).status == 200
        assert all_of(connections[0]) == b""  # it was without a request for longest
        connections[-1].sendall(b": 1\r\n\r\n")
        assert connections[-1].recv(100).startswith(b"HTTP/1.1 200 ")


def test_a_connection_whose_request_was_answered_makes_room_after_those_that_waited_longer() -> None:
    with serving(BrightnessNetwork, Limits(max_connections=3)) as server, contextlib.ExitStack() as clients:
        asked, *silent = [clients.enter_context(connected(server)) for _ in range(3)]
        wait_until(lambda: len(server.server._uvicorn.server_state.connections) == 3)  # and not in the kernel's queue
        asked.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert asked.recv(4096).startswith(b"HTTP/1.1 200 ")
        for _ in range(2):
            clients.enter_context(connected(server))
        assert [all_of(connection) for connection in silent] == [b"", b""]
        asked.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert asked.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_a_connection_too_many_is_closed_at_once_where_all_others_have_a_request() -> None:
    with serving(BrightnessNetwork, Limits(max_connections=3)) as server, contextlib.ExitStack() as clients:
        for _ in range(3):
            clients.enter_context(connected(server)).sendall(HEAD % 1000 + b"abc")
        wait_until(lambda: len(server.server._uvicorn.server_state.tasks) == 3)
        assert all_of(clients.enter_context(connected(server))) == b""


def test_a_body_in_crumbs_is_400(server: RunningServer) -> None:
    with connected(server) as connection:
        connection.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            connection.sendall(b"1\r\nx\r\n" * 5000)
        assert all_of(connection)[:13] in (b"HTTP/1.1 400 ", b"")  # nothing where the rest of the crumbs was in the way


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnot hexadecimal\r\n",
        b"GET /ping HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000,
    ],
)
def test_what_is_no_http_is_400_in_json(server: RunningServer, data: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(data)
        answer = all_of(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.split(b"\r\n\r\n")[1]) == {
        "message": "A request must be HTTP/1.1 as RFC 9112 has it, and this one is not",
        "error": "Bad Request",
    }


def test_nonsense_after_an_answer_ends_the_connection_and_no_more(server: RunningServer) -> None:
    with connected(server) as connection:
        connection.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        connection.sendall(b"\0\0\0\r\n\r\n")
        assert all_of(connection).startswith(b"HTTP/1.1 400 ")
    assert server.ask("GET", "/ping").status == 200
