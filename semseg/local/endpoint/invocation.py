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
LONGEST_PARAMETERS = 65_536  # bytes
MOST_REQUESTS = 100  # at a time, as a batch transform job can be told
SHORTEST_WAIT_SECONDS = 0.1  # before the same is asked again


@dataclass(frozen=True)
class Answer:
    """What an endpoint sent back; ``retry_after`` is in seconds, None where it names none."""

    status: int
    content_type: str
    body: bytes
    retry_after: float | None = None

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
        retry_after = _seconds(response.getheader("Retry-After", ""))
        return Answer(response.status, content_type, response.read(), retry_after)


def is_ready(port: int) -> bool:
    """Whether GET /ping is answered with 200 within 2 seconds."""
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=PING_SECONDS)) as connection:
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def concurrent_requests(port: int, headers: Mapping[str, str]) -> int:
    """How many requests at a time an endpoint asks for at GET /execution-parameters; 1 where it does not say.

    Source: "How containers serve requests" of batch transform, SageMaker developer guide.
    """
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=PING_SECONDS)) as connection:
        try:
            connection.request("GET", "/execution-parameters", headers=dict(headers))
            response = connection.getresponse()
            wanted = json.loads(response.read(LONGEST_PARAMETERS))["MaxConcurrentTransforms"]
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return 1
    return min(max(wanted, 1), MOST_REQUESTS) if type(wanted) is int else 1


def _seconds(text: str) -> float | None:
    """What Retry-After says in seconds; a date, which it may also be, counts as nothing."""
    return max(float(text), SHORTEST_WAIT_SECONDS) if text.isascii() and text.isdigit() else None
