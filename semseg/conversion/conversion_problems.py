"""What is wrong with the files of a conversion: alike ones in one sentence, all of them in one error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from semseg.contract.findings import first_names
from semseg.errors import ChannelError, ImageError

SHOWN = 20


class Unusable(Exception):
    """Something in an annotation file breaks a rule; the message is the rule, what was seen, and the way out."""


class ConversionProblems:
    """Collects what was found, by any number of threads.

    Args:
        source: what is converted, for the error.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._refused: dict[str, list[str]] = {}
        self._warned: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """Takes an Unusable or ImageError of the block as a problem of ``place``; the block ends there."""
        try:
            yield
        except (Unusable, ImageError) as error:
            self.add(place, str(error))

    def add(self, place: str, rule: str) -> None:
        """Keeps that ``place`` breaks a rule; nothing is written then."""
        with self._lock:
            self._refused.setdefault(rule, []).append(place)

    def warn(self, place: str, sentence: str) -> None:
        """Keeps what is to be known about ``place``, but does not hinder the conversion."""
        with self._lock:
            self._warned.setdefault(sentence, []).append(place)

    @property
    def are_any(self) -> bool:
        """Returns whether a problem was found."""
        return bool(self._refused)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Returns one sentence for each kind of warning."""
        return tuple(_told(self._warned))

    def raise_all(self) -> None:
        """Raises one ChannelError with all problems, the first 20 of them in full; without any, does nothing."""
        sentences = _told(self._refused)
        if not sentences:
            return
        count = "1 problem" if len(sentences) == 1 else f"{len(sentences)} problems"
        lines = [f"{self.source} cannot be converted, {count}:", *sentences[:SHOWN]]
        if len(sentences) > SHOWN:
            lines.append(f"... and {len(sentences) - SHOWN} more")
        raise ChannelError("\n".join(lines))


def _told(found: dict[str, list[str]]) -> list[str]:
    return [f"{first_names(sorted(places)[:3], len(places))}: {rule}" for rule, places in found.items()]
