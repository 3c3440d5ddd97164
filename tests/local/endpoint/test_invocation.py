from __future__ import annotations

from semseg.contract import recordio
from semseg.local.endpoint.invocation import LONGEST_ANSWER, EndpointAnswer


def test_a_message_is_that_of_the_json_else_the_text() -> None:
    assert EndpointAnswer(400, "application/json", b'{"message": "no picture"}').message == "no picture"
    assert EndpointAnswer(400, "application/json", b'{"message": 3}').message == '{"message": 3}'
    assert EndpointAnswer(400, "application/json", b"[1]").message == "[1]"
    assert EndpointAnswer(500, "text/html", b"x" * 500).message == "x" * 300
    assert EndpointAnswer(400, "application/json", b'{"message": "' + b"y" * 2000 + b'"}').message == "y" * 1000
    assert EndpointAnswer(400, "application/json", b"[" * 100_000).message == "[" * 300
    assert EndpointAnswer(400, "application/json", b"9" * 60_000).message == "9" * 300
    assert EndpointAnswer(502, "text/plain", b"").message == "the endpoint answered 502 and said nothing"


def test_the_longest_answer_is_the_longest_record_with_its_header() -> None:
    assert recordio.MAX_LENGTH + recordio.HEADER.size == LONGEST_ANSWER
