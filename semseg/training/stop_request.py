"""The request to end a job now, which all processes of a group must follow at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from semseg.engines.group import Group

BATCHES = 4  # that a process of a group scores from one question to the next: to ask, it waits for the slowest


class StopAsked(Exception):
    """Raised when the job was asked to end now."""


def raise_if_set(stop: threading.Event) -> None:
    """Raises StopAsked where the event says that this process was asked to end its job."""
    if stop.is_set():
        raise StopAsked


class ScoringRounds:
    """Asks, while a group scores, whether one of its processes was asked to stop.

    The processes have different numbers of batches. Those that are through go on asking until all of them are.

    Args:
        stop_asked: whether this process was asked to stop.
    """

    def __init__(self, group: Group, stop_asked: Callable[[], bool]) -> None:
        self._group = group
        self._stop_asked = stop_asked
        self._batches = 0

    def after_batch(self) -> None:
        """Raises StopAsked in all processes once one of them was asked to stop; asks at every fourth batch of a group,
        and at each batch of a process that is alone.
        """
        self._batches += 1
        if self._group.size == 1 or self._batches % BATCHES == 0:
            self._someone_is_busy(True)

    def finish(self) -> None:
        """Waits, after the last batch, until all processes are through; raises StopAsked as :meth:`after_batch`."""
        while self._someone_is_busy(False):
            pass

    def _someone_is_busy(self, is_busy: bool) -> bool:
        asked, busy = self._group.sum(np.array([int(self._stop_asked()), int(is_busy)]))
        if asked and busy:
            raise StopAsked
        return bool(busy)
