"""The pictures that endpoints were asked about last, kept in memory within a bound."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict

from semseg.console.answered_picture import AnsweredPicture

MOST_BYTES = 2**27  # of all pictures together
MOST_PICTURES = 500


class AnsweredPictures:
    """Keeps the newest answers of all endpoints, and forgets the oldest beyond a bound. Threads may share it.

    Args:
        most_bytes: that the files of all answers may take; the newest one stays even if it is larger.
        most_pictures: how many are kept.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_pictures: int = MOST_PICTURES) -> None:
        self._most_bytes = most_bytes
        self._most_pictures = most_pictures
        self._kept: OrderedDict[tuple[str, str], AnsweredPicture] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, endpoint: str, answer: AnsweredPicture) -> str:
        """Keeps an answer of an endpoint, and returns the key that it is found by."""
        key = secrets.token_urlsafe(9)
        with self._lock:
            self._kept[endpoint, key] = answer
            while len(self._kept) > 1 and self._is_too_much():
                self._kept.popitem(last=False)
        return key

    def get(self, endpoint: str, key: str) -> AnsweredPicture | None:
        """Returns an answer; None where it was forgotten, or never there."""
        with self._lock:
            return self._kept.get((endpoint, key))

    def of(self, endpoint: str) -> list[tuple[str, AnsweredPicture]]:
        """Returns the answers of an endpoint with their keys, the newest first."""
        with self._lock:
            return [(key, answer) for (owner, key), answer in reversed(self._kept.items()) if owner == endpoint]

    def forget(self, endpoint: str) -> None:
        """Forgets the answers of an endpoint that is gone."""
        with self._lock:
            for known in [known for known in self._kept if known[0] == endpoint]:
                del self._kept[known]

    def _is_too_much(self) -> bool:
        return len(self._kept) > self._most_pictures or sum(a.bytes for a in self._kept.values()) > self._most_bytes
