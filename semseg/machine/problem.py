"""One thing that keeps an engine from running on this machine, and the way out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One problem that keeps an engine from running, or from running well.

    Attributes:
        sentence: what is wrong; no full stop.
        way_out: what to do about it; no full stop.
        fatal: whether the engine cannot run at all because of it.
    """

    sentence: str
    way_out: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.sentence}; {self.way_out}"


def first_fatal(problems: Sequence[Problem]) -> Problem | None:
    """Returns the first problem that the engine cannot run with; None where there is none."""
    return next((problem for problem in problems if problem.fatal), None)
