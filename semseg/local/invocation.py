"""HTTP requests to an endpoint on this machine; no proxy is ever asked."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass

from semseg.contract import media_types

HOST = "127.0.0.1"
ANSWER_SECONDS = 70.0  # SageMaker's own advice, where an endpoint has 60 s to answer
PING_SECONDS = 2.0
LONGEST_MESSAGE = 300  # characters


@dataclass(frozen=True)
class Answer:
    """What an endpoint sent back."""

    status: int
    content_type: str
    body: bytes

    @property
    def message(self) -> str:
        """What a refusal says: the "message" of its JSON, else the beginning of its text."""
        text = self.body.decode("utf-8", "replace")
        with contextlib.suppress(json.JSONDecodeError):
            content = json.loads(text)
            if isinstance(content, dict) and isinstance(content.get("message"), str):
                return str(content["message"])
        return text[:LONGEST_MESSAGE].strip() or f"the endpoint answered {self.status} and said nothing"


def invoke(port: int, body: bytes, headers: Mapping[str, str], seconds: float = ANSWER_SECONDS) -> Answer:
    """POST /invocations.

    Raises:
        OSError, http.client.HTTPException: there was no whole answer within so many seconds.
    """
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=seconds)) as connection:
        connection.connect()
        # A server that refuses a body from its headers alone answers and stops reading; that answer is wanted.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", "/invocations", body, dict(headers))
        response = connection.getresponse()
        content_type = response.getheader("Content-Type", media_types.OCTET_STREAM)
        return Answer(response.status, content_type, response.read())


def is_ready(port: int) -> bool:
    """Whether GET /ping is answered with 200 within 2 seconds."""
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=PING_SECONDS)) as connection:
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
