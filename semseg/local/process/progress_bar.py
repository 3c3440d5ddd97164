"""A bar that shows how far a job is, moved by the lines of the job's log."""

from __future__ import annotations

from dataclasses import dataclass
from re import Pattern
from typing import Protocol

from semseg.plumbing.teller import Teller


@dataclass(frozen=True)
class Position:
    """How far a job is; None leaves the total, or the unit, as it was."""

    done: float
    total: float | None = None
    unit: str | None = None

    def after(self, before: Position) -> Position:
        """Returns this position with the total and the unit of the one before where it has none."""
        total = before.total if self.total is None else self.total
        return Position(self.done, total, self.unit or before.unit)


class LogReader(Protocol):
    """Finds out from the lines of a log, given one after another, how far a job is.

    Attributes:
        unit: what is counted, such as "picture".
    """

    unit: str

    def read(self, line: str) -> Position | None:
        """Returns how far the job is after this line; None where the line says nothing of it."""
        ...


class CountingReader:
    """The reader of a log in which one line says how many pieces there are, and a line comes for each that is done.

    Args:
        unit: what is counted, such as "picture".
        total: matches the line with the number of pieces, its first group.
        one: matches the line of each piece.
    """

    def __init__(self, unit: str, total: Pattern[str], one: Pattern[str]) -> None:
        self.unit = unit
        self._total = total
        self._one = one
        self._done = 0

    def read(self, line: str) -> Position | None:
        """Returns how many pieces are done after this line; None where the line is about something else."""
        found = self._total.match(line)
        if found:
            return Position(self._done, int(found[1]))
        if self._one.match(line):
            self._done += 1
            return Position(self._done)
        return None


class LogBar:
    """The bar of one job; it is fed with the lines of the job's log.

    Args:
        reader: tells how far the job is.
        job_name: stands before the bar.
        teller: shows the bar.
    """

    def __init__(self, reader: LogReader, job_name: str, teller: Teller) -> None:
        self._reader = reader
        self._bar = teller.bar(reader.unit, job_name)

    def feed(self, line: str) -> None:
        """Moves the bar where the line tells of progress."""
        position = self._reader.read(line)
        if position:
            self._bar.move(position.done, position.total, position.unit)

    def line(self, text: str) -> None:
        """Shows a line beside the bar."""
        self._bar.line(text)

    def close(self) -> None:
        """Ends the bar."""
        self._bar.close()
