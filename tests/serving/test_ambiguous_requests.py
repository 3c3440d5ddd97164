"""Requests whose end a proxy may see elsewhere than the server: what follows them must never be read as a request."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from collections.abc import Iterator

import pytest

from tests.prediction.fake_network import BrightnessNetwork
from tests.serving.running import SECONDS, RunningServer, running

SECOND = b"GET /live HTTP/1.1\r\nHost: second\r\n\r\n"
STATUS_LINE = re.compile(rb"(?=HTTP/1\.1 \d{3} )")
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def post(headers: bytes, body: bytes = b"") -> bytes:
    return b"POST /invocations HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n" + body


AMBIGUOUS = {
    "Content-Length before Transfer-Encoding": post(b"Content-Length: 4\r\n" + CHUNKED, b"0\r\n\r\n"),
    "Transfer-Encoding before Content-Length": post(CHUNKED + b"Content-Length: 4\r\n", b"0\r\n\r\n"),
    "both, in other letters": post(b"content-length: 4\r\ntransfer-encoding: chunked\r\n", b"0\r\n\r\n"),
    "two lengths": post(b"Content-Length: 3\r\nContent-Length: 5\r\n", b"abc"),
    "the same length twice": post(b"Content-Length: 3\r\nContent-Length: 3\r\n", b"abc"),
    "the same length twice in one header": post(b"Content-Length: 3, 3\r\n", b"abc"),
    "two lengths in one header": post(b"Content-Length: 3, 5\r\n", b"abc"),
    "a length with a sign": post(b"Content-Length: +3\r\n", b"abc"),
    "a negative length": post(b"Content-Length: -3\r\n", b"abc"),
    "a hexadecimal length": post(b"Content-Length: 0x3\r\n", b"abc"),
    "an empty length": post(b"Content-Length:\r\n", b"abc"),
    "chunked in two headers": post(CHUNKED * 2, b"0\r\n\r\n"),
    "chunked twice in one header": post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"),
    "another coding": post(b"Transfer-Encoding: identity\r\n", b"0\r\n\r\n"),
    "another coding before chunked": post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    "no coding": post(b"Transfer-Encoding:\r\n", b"0\r\n\r\n"),
    "almost chunked": post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "chunked and a vertical tab": post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"),
    "chunked in HTTP/1.0": b"POST /invocations HTTP/1.0\r\nConnection: keep-alive\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "a space before the colon": post(b"Content-Length : 3\r\n", b"abc"),
    "a tab before the colon": post(b"Content-Length\t: 3\r\n", b"abc"),
    "a space before the name": b"POST /invocations HTTP/1.1\r\n Content-Length: 3\r\n\r\nabc",
    "a folded length": post(b"Content-Length:\r\n 3\r\n", b"abc"),
    "a folded header": post(b"X-Long: one\r\n two\r\nContent-Length: 3\r\n", b"abc"),
    "a header folded by a tab": post(b"X-Long: one\r\n\ttwo\r\nContent-Length: 3\r\n", b"abc"),
    "a line feed alone after a header": post(b"X-Short: 1\nContent-Length: 3\r\n", b"abc"),
    "a line feed alone after the request line": b"POST /invocations HTTP/1.1\nContent-Length: 3\r\n\r\nabc",
    "line feeds alone": b"POST /invocations HTTP/1.1\nHost: x\nContent-Length: 3\n\nabc",
    "a line feed alone as the empty line": b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\nabc",
    "a carriage return alone": post(b"X-Short: 1\rContent-Length: 3\r\n", b"abc"),
    "two carriage returns": post(b"Content-Length: 3\r\r\n", b"abc"),
    "a null byte in a value": post(b"Content-Length: 3\x00\r\n", b"abc"),
    "a null byte in a name": post(b"Content-Length\x00: 3\r\n", b"abc"),
    "a header without a colon": post(b"Content-Length 3\r\n", b"abc"),
    "an empty line first": b"\r\n" + post(b"Content-Length: 3\r\n", b"abc"),
    "a carriage return alone in a chunk's extension": post(CHUNKED, b"3;\rx\r\nabc\r\n0\r\n\r\n"),
    "a line feed alone after a chunk's size": post(CHUNKED, b"3\nabc\r\n0\r\n\r\n"),
    "a space after a chunk's size": post(CHUNKED, b"3 \r\nabc\r\n0\r\n\r\n"),
    "a chunk's size with a sign": post(CHUNKED, b"+3\r\nabc\r\n0\r\n\r\n"),
    "a chunk's size with 0x": post(CHUNKED, b"0x3\r\nabc\r\n0\r\n\r\n"),
    "a chunk longer than its size": post(CHUNKED, b"3\r\nabcd\r\n0\r\n\r\n"),
    "a line feed alone after a chunk": post(CHUNKED, b"3\r\nabc\n0\r\n\r\n"),
    "a line feed alone in a chunk's extension": post(CHUNKED, b"3;\nx\r\nabc\r\n0\r\n\r\n"),
    "a null byte in a chunk's extension": post(CHUNKED, b"3;\x00\r\nabc\r\n0\r\n\r\n"),
    "a line feed alone after the last chunk": post(CHUNKED, b"3\r\nabc\r\n0\r\n\n"),
    "a line feed alone in the trailer": post(CHUNKED, b"3\r\nabc\r\n0\r\nX-Short: 1\n\r\n"),
    "a folded trailer": post(CHUNKED, b"3\r\nabc\r\n0\r\nX-Long: one\r\n two\r\n\r\n"),
}

PLAIN = {
    "one length": post(b"Content-Length: 3\r\n", b"abc"),
    "a length without a space": post(b"Content-Length:3\r\n", b"abc"),
    "chunks": post(CHUNKED, b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
    "chunked in other letters": post(b"transfer-encoding:CHUNKED\r\n", b"03\r\nabc\r\n0\r\n\r\n"),
    "chunks with extensions": post(CHUNKED, b'3;name="a b"\r\nabc\r\n0;x\r\n\r\n'),
    "chunks and a trailer": post(CHUNKED, b"3\r\nabc\r\n0\r\nX-Checksum: 1\r\n\r\n"),
    "a comma in another header": post(b"Accept: image/png, */*\r\nContent-Length: 3\r\n", b"abc"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running(BrightnessNetwork) as running_server:
        yield running_server


def answers(server: RunningServer, data: bytes, piece: int) -> list[bytes]:
    """The answers to what is sent in such pieces, until the server closes the connection or there are two."""
    received = b""
    with socket.create_connection(("127.0.0.1", server.port), SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError):  # closed before all was sent
            for start in range(0, len(data), piece):
                connection.sendall(data[start : start + piece])
        with contextlib.suppress(ConnectionResetError):
            while len(STATUS_LINE.findall(received)) < 2 and (part := connection.recv(65536)):
                received += part
    return STATUS_LINE.split(received)[1:]


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_request_whose_end_is_not_plain_is_400_and_nothing_after_it_is_read(
    server: RunningServer, request_: bytes
) -> None:
    (answer,) = answers(server, request_ + SECOND, piece=4096)
    head, body = answer.split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in head.lower()
    assert json.loads(body) == {
        "message": "A request must be HTTP/1.1 as RFC 9112 has it, and this one is not",
        "error": "Bad Request",
    }


@pytest.mark.parametrize("request_", [AMBIGUOUS["line feeds alone"], AMBIGUOUS["a folded header"]])
def test_it_is_refused_as_well_where_it_comes_byte_by_byte(server: RunningServer, request_: bytes) -> None:
    # No answer where the rest, sent to a closed connection, was in its way.
    got = answers(server, request_ + SECOND, piece=1)
    assert [answer[:13] for answer in got] in ([b"HTTP/1.1 400 "], [])


@pytest.mark.parametrize("piece", [1, 4096])
@pytest.mark.parametrize("request_", PLAIN.values(), ids=PLAIN)
def test_a_request_whose_end_is_plain_is_answered_and_the_next_one_too(
    server: RunningServer, request_: bytes, piece: int
) -> None:
    first, second = answers(server, request_ + SECOND, piece)
    assert b"no picture that can be read" in first or b" 503 " in first  # the model may still be loading
    assert second.startswith(b"HTTP/1.1 200 ")


def test_an_ambiguous_request_behind_a_plain_one_is_refused_after_its_answer(server: RunningServer) -> None:
    first, second = answers(server, SECOND + AMBIGUOUS["line feeds alone"], piece=4096)
    assert first.startswith(b"HTTP/1.1 200 ")
    assert second.startswith(b"HTTP/1.1 400 ")
