"""What comes back from an endpoint of this machine."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass

from semseg.errors import PlatformError

LOOPBACK = "127.0.0.1"
ANSWER_SECONDS = 70.0  # SageMaker's own advice, where an endpoint has 60 s to answer
PING_SECONDS = 2.0
LONGEST_MESSAGE = 300  # characters of any text
LONGEST_SENTENCE = 1000  # characters of a refusal
LONGEST_PARAMETERS = 65_536  # bytes
LONGEST_ANSWER = 2**29 + 8  # bytes: the longest record of RecordIO, with its header; a mask is shorter
MOST_REQUESTS = 100  # at a time, as a batch transform job can be told
SHORTEST_WAIT_SECONDS = 0.1  # before the same is asked again


@dataclass(frozen=True)
class EndpointAnswer:
    """What an endpoint sent back; ``retry_after`` is in seconds, None where it names none."""

    status: int
    content_type: str
    body: bytes
    retry_after: float | None = None

    @property
    def message(self) -> str:
        """Returns what a refusal says, in short: the "message" of its JSON, else the beginning of its text."""
        text = self.body[:LONGEST_PARAMETERS].decode("utf-8", "replace")
        with contextlib.suppress(ValueError, RecursionError):  # RecursionError: bracket upon bracket
            content = json.loads(text)
            if isinstance(content, dict) and isinstance(content.get("message"), str):
                return str(content["message"][:LONGEST_SENTENCE])
        return text[:LONGEST_MESSAGE].strip() or f"the endpoint answered {self.status} and said nothing"


class EndpointEnded(PlatformError):
    """The server of an endpoint has ended.

    Attributes:
        last_line: of its log.
    """

    def __init__(self, message: str, last_line: str) -> None:
        super().__init__(message)
        self.last_line = last_line


class NoAnswer(PlatformError):
    """An endpoint gave no whole answer; the message says how that was seen."""


def seconds_of(text: str) -> float | None:
    """Returns what Retry-After says in seconds; None for a date, which it may also be, and for anything else."""
    return max(float(text), SHORTEST_WAIT_SECONDS) if text.isascii() and text.isdigit() else None
