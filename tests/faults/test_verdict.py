from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from pathlib import Path

import numpy as np
import pytest

from semseg.contract import png_mask, recordio
from tests.faults.attempts import PNG, RECORDIO, Attempt, Promise
from tests.faults.clients import Question, judged
from tests.faults.raw_client import End, Outcome, Reply, exchange
from tests.faults.served import tracebacks
from tests.faults.verdict import fault_of

PROMISE = Promise(frozenset({200, 400}), (2, 3), PNG)
ATTEMPT = Attempt("picture", (b"POST /",), PROMISE)
MASK = png_mask.encode(np.zeros((2, 3), np.uint8))
OTHER_MASK = png_mask.encode(np.zeros((3, 2), np.uint8))
SENTENCE = json.dumps({"message": "No.", "error": "Bad Request"}).encode()


def reply(status: int = 200, body: bytes = MASK, media_type: str = PNG) -> Reply:
    headers = Message()
    headers["Content-Type"] = media_type
    return Reply(status, headers, body)


def answered(*replies: Reply) -> Outcome:
    return Outcome(list(replies))


@contextmanager
def answering(*answers: bytes) -> Iterator[int]:
    """A port where each connection gets the next of these answers, and is closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection, suppress(OSError):  # the client may have left
                    connection.recv(65536)
                    connection.sendall(answer)

        thread = threading.Thread(target=run)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_the_mask_of_the_pictures_size_is_no_fault() -> None:
    assert fault_of(ATTEMPT, answered(reply())) is None


def test_a_refusal_in_a_sentence_is_no_fault() -> None:
    assert fault_of(ATTEMPT, answered(reply(400, SENTENCE, "application/json"))) is None


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (answered(reply(500, SENTENCE, "application/json")), "status 500 where one of"),
        (answered(reply(400, b"{}", "application/json")), "a refusal that is no JSON with a sentence"),
        (answered(reply(media_type=RECORDIO)), "an answer of type"),
        (answered(reply(body=MASK[:40])), "an answer that cannot be read"),
        (
            answered(reply(body=png_mask.encode(np.zeros((3, 2), np.uint8)))),
            "an answer of (3, 2) to a picture of (2, 3)",
        ),
        (Outcome(ended="silent"), "no answer came"),
        (Outcome(ended="closed"), "the connection was closed after 0 of 1 answers"),
        (Outcome(garbled="what"), "the answer is no HTTP"),
    ],
    ids=["status", "refusal", "type", "damaged", "size", "silent", "closed", "garbled"],
)
def test_what_is_not_as_promised_is_a_fault(outcome: Outcome, fault: str) -> None:
    assert (fault_of(ATTEMPT, outcome) or "").startswith(fault)


def test_probabilities_are_read_to_their_end() -> None:
    attempt = Attempt("picture", (b"POST /",), Promise(frozenset({200}), (2, 3), RECORDIO))
    body = recordio.encode_probabilities(np.full((2, 2, 3), 0.5, np.float32))
    assert fault_of(attempt, answered(reply(body=body, media_type=RECORDIO))) is None
    assert fault_of(attempt, answered(reply(body=body[:-4], media_type=RECORDIO)))


def test_a_connection_that_may_end_without_an_answer_may() -> None:
    promise = Promise(frozenset({400}), may_close=True)
    assert fault_of(Attempt("cut", (b"",), promise), Outcome(ended="closed")) is None


def test_another_answer_to_the_same_picture_is_wrong() -> None:
    question = Question(b"picture", MASK)
    assert judged(question, reply()) == "right"
    assert judged(question, reply(body=MASK + b"x")) == "a wrong answer"
    assert judged(question, reply(503, SENTENCE)) == "503"
    assert judged(question, None) == "no answer"


def test_the_client_reads_answers_with_a_length_in_chunks_and_to_the_end() -> None:
    with answering(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\nabcdef",
        b"",
        b"SSH-2.0\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
    ) as port:
        found = [exchange(port, (b"GET / HTTP/1.1\r\n\r\n",), ("GET",)) for _ in range(6)]
    assert [outcome.replies[0].body for outcome in found[:3]] == [b"ab", b"abcde", b"abcdef"]
    assert [outcome.ended for outcome in found] == ["read", "read", "read", "closed", "read", "read"]
    assert [outcome.garbled for outcome in found[4:]] == [
        "an answer that begins with b'SSH-2.0\\r\\n'",
        "an answer of 2 bytes that said 9",
    ]


def test_the_client_can_leave_before_the_answer() -> None:
    with answering(b"", b"") as port:
        ends = [exchange(port, (b"GET / HTTP/1.1\r\n\r\n",), ("GET",), end).ended for end in (End.LEAVE, End.RESET)]
    assert ends == ["left", "left"]


def test_tracebacks_are_found_in_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("fine\nTraceback (most recent call last):\n  File\nValueError: 1\n")
    assert tracebacks(log) == [log.read_text().rstrip()]
    log.write_text("fine\n")
    assert tracebacks(log) == []
