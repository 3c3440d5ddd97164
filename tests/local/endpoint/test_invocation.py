import contextlib
import socket
import threading

import pytest

from semseg.local.endpoint.endpoints import free_port
from semseg.local.endpoint.invocation import Answer, concurrent_requests, invoke, is_ready

REFUSAL = b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlarge"


def test_nobody_on_a_port_is_not_ready():
    assert not is_ready(free_port())


def test_an_answer_sent_before_the_body_was_read_is_kept():
    with answering(REFUSAL) as port:
        answer = invoke(port, b"x" * 1000, {"Content-Type": "image/png"})
    assert (answer.status, answer.message) == (413, "large")


@contextlib.contextmanager
def answering(content):
    """The port of a server that sends these bytes once, whatever it is asked."""

    def answer_once():
        connection, _ = server.accept()
        with contextlib.closing(connection):
            connection.recv(2000)
            connection.sendall(content)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer_once)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("0", 0.1), ("", None), ("Mon, 23 Nov 2026 15:00:00 GMT", None), ("-1", None), ("1.5", None)],
)
def test_retry_after_is_read_in_seconds(header, seconds):
    answer = f"HTTP/1.1 503 Busy\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n"
    with answering(answer.encode()) as port:
        assert invoke(port, b"x", {}).retry_after == seconds


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
    ],
)
def test_an_endpoint_may_say_how_many_requests_it_asks_for(body, number):
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    with answering(answer.encode()) as port:
        assert concurrent_requests(port, {}) == number


def test_nobody_on_a_port_is_asked_one_thing_at_a_time():
    assert concurrent_requests(free_port(), {}) == 1


def test_a_message_is_that_of_the_json_else_the_text():
    assert Answer(400, "application/json", b'{"message": "no picture"}').message == "no picture"
    assert Answer(400, "application/json", b'{"message": 3}').message == '{"message": 3}'
    assert Answer(400, "application/json", b"[1]").message == "[1]"
    assert Answer(500, "text/html", b"x" * 500).message == "x" * 300
    assert Answer(502, "text/plain", b"").message == "the endpoint answered 502 and said nothing"
