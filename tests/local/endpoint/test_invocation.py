from __future__ import annotations

from semseg.local.endpoint.invocation import EndpointAnswer


def test_a_message_is_that_of_the_json_else_the_text() -> None:
    assert EndpointAnswer(400, "application/json", b'{"message": "no picture"}').message == "no picture"
    assert EndpointAnswer(400, "application/json", b'{"message": 3}').message == '{"message": 3}'
    assert EndpointAnswer(400, "application/json", b"[1]").message == "[1]"
    assert EndpointAnswer(500, "text/html", b"x" * 500).message == "x" * 300
    assert EndpointAnswer(502, "text/plain", b"").message == "the endpoint answered 502 and said nothing"
