"""Signals that wait until the process that they are sent to can take them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_back(*signals: signal.Signals) -> Iterator[None]:
    """Holds these signals back, in the calling thread and in every process that is started in here.

    Such a process gets them once it calls :func:`let_through`. Windows has no such signals: this does nothing there.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def let_through(*signals: signal.Signals) -> None:
    """Lets the calling thread get these signals, the held back ones included."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
