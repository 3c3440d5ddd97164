"""What a server can do to the client of an endpoint: answers that never end, and that are no HTTP."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import pytest

from semseg.errors import UserError
from semseg.local.endpoint.client import EndpointClient
from semseg.local.endpoint.invocation import NoAnswer

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PART = b"x" * 2**20


@contextlib.contextmanager
def sending(parts: Callable[[], Iterable[bytes]]) -> Iterator[int]:
    """The port of a server that sends these parts, whatever it is asked, until the test hangs up."""

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with contextlib.closing(connection), contextlib.suppress(ConnectionError):
                    connection.recv(65536)
                    for part in parts():
                        connection.sendall(part)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(60)
    assert not thread.is_alive()


def dripping(start: bytes) -> Callable[[], Iterator[bytes]]:
    """A byte every 20 ms after the start, for a minute: each comes well within the 0.5 s of the tests."""

    def parts() -> Iterator[bytes]:
        yield start
        for _ in range(3000):
            time.sleep(0.02)
            yield b"1"

    return parts


def endless(start: bytes, part: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: itertools.chain([start], itertools.repeat(part))


ENDLESS = {
    "a status line that drips": dripping(b"HTTP/1.1 "),
    "a header that drips": dripping(OK + b"X-Long: "),
    "a body that drips": dripping(OK + b"Content-Length: 1000000\r\n\r\n"),
    "a body without a length that drips": dripping(OK + b"\r\n"),
    "a chunk's size that drips": dripping(CHUNKED),
    "100 Continue for ever": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "trailers for ever": endless(CHUNKED + b"0\r\n", b"X-More: 1\r\n"),
}


@pytest.mark.parametrize("parts", ENDLESS.values(), ids=ENDLESS)
@pytest.mark.parametrize("secret", [None, "pets-1"])
def test_an_answer_must_be_whole_in_time(parts: Callable[[], Iterable[bytes]], secret: str | None) -> None:
    began = time.monotonic()
    with sending(parts) as port, pytest.raises(NoAnswer):
        EndpointClient(port, secret).invoke(b"a", {}, seconds=0.5)
    assert time.monotonic() - began < 30  # half of what the server would have taken


@pytest.mark.parametrize(
    "parts",
    [endless(OK + b"\r\n", PART), endless(CHUNKED, b"100000\r\n" + PART + b"\r\n")],
    ids=["without a length", "in chunks"],
)
def test_a_body_that_never_ends_is_given_up_at_the_longest_answer(parts: Callable[[], Iterable[bytes]]) -> None:
    with sending(parts) as port, pytest.raises(NoAnswer, match=r"^its answer is longer than 536870920 bytes$"):
        EndpointClient(port, None).invoke(b"a", {}, seconds=60)


def test_a_body_that_is_declared_longer_is_not_read() -> None:
    too_long = OK + b"Content-Length: 536870921\r\n\r\n"
    with sending(lambda: [too_long]) as port, pytest.raises(NoAnswer, match=r"longer than 536870920 bytes$"):
        EndpointClient(port, None).invoke(b"a", {}, seconds=60)


BROKEN = {
    "a chunk of -5 bytes": CHUNKED + b"-5\r\nabc",
    "a chunk of 2^64 - 1 bytes": CHUNKED + b"ffffffffffffffff\r\nabc",
    "a chunk without a size": CHUNKED + b"\r\nabc",
    "a length of 10^15": OK + b"Content-Length: 1000000000000000\r\n\r\nabc",
    "a body cut off": OK + b"Content-Length: 10\r\n\r\nabc",
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nabc",
    "a status of 20,000 digits": b"HTTP/1.1 " + b"2" * 20_000 + b" OK\r\n\r\n",
    "101 headers": OK + b"X: 1\r\n" * 101 + b"\r\n",
    "a header of 70,000 letters": OK + b"X: " + b"x" * 70_000 + b"\r\n\r\n",
    "no HTTP": b"\x00\xff" * 5000,
    "nothing": b"",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("secret", [None, "pets-1"])
def test_an_answer_that_is_no_http_is_none_and_said_in_short(content: bytes, secret: str | None) -> None:
    with sending(lambda: [content]) as port:
        client = EndpointClient(port, secret)
        with pytest.raises(NoAnswer) as refusal:
            client.invoke(b"a", {}, seconds=60)
        assert client.concurrent_requests({}) == 1
    assert len(str(refusal.value)) <= 300


def test_time_that_an_answer_took_is_not_taken_from_the_next_one() -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(3):
            time.sleep(0.4)
            yield OK + b"Content-Length: 1\r\n\r\n1"

    with sending(parts) as port:
        client = EndpointClient(port, None)
        assert [client.invoke(b"a", {}, seconds=0.8).body for _ in range(3)] == [b"1"] * 3


@pytest.mark.parametrize("value", ["image/png\r\nX-More: 1", "image/png\n more", "image/\u20ac", "image/png\0"])
def test_a_header_that_is_not_one_line_is_a_sentence(value: str) -> None:
    with pytest.raises(UserError, match=r"^the header Accept must be one line of Latin-1 characters, got 'image/"):
        EndpointClient(1, None).invoke(b"a", {"Accept": value})
