"""When a request that failed is sent again: one rule for predict_many and for batch transform."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable, TypeVar

from semseg.errors import RequestError
from semseg.local.endpoint.invocation import NoAnswer

Answered = TypeVar("Answered")

BUSY = 503
OUT_OF_MEMORY = 507  # the server replaced its engine, and would do so again
BACKOFF_SECONDS = 0.5  # before the first time; doubled for each further one


@dataclass(frozen=True)
class Retries:
    """How long, and how often, a request is sent again.

    Attributes:
        busy_seconds: how long a server that is busy (503) and says when to come back is asked again.
        times: how often a request is sent again after any other status 5xx but 507, or after no answer at all.
    """

    busy_seconds: float
    times: int

    def ask(self, ask: Callable[[], Answered], stopping: threading.Event) -> Answered:
        """Returns the answer, asked for again for as long as that makes sense.

        Args:
            ask: raises RequestError where it is refused, NoAnswer where nobody answers.
            stopping: ends the waiting at once; what was refused last is raised then.
        """
        busy_until = time.monotonic() + self.busy_seconds
        failures = 0
        while True:
            try:
                return ask()
            except (RequestError, NoAnswer) as error:
                wait = _busy_wait(error)
                if wait is None:
                    wait = BACKOFF_SECONDS * 2**failures
                    failures += 1
                    gives_up = failures > self.times or _is_last_word(error)
                else:
                    gives_up = time.monotonic() + wait > busy_until
                if gives_up or stopping.wait(wait):
                    raise


def _busy_wait(error: RequestError | NoAnswer) -> float | None:
    """Returns after how many seconds a busy server wants to be asked again; None where it is not, or does not say."""
    return error.retry_after if isinstance(error, RequestError) and error.status == BUSY else None


def _is_last_word(error: RequestError | NoAnswer) -> bool:
    return isinstance(error, RequestError) and (error.status < 500 or error.status == OUT_OF_MEMORY)
