"""What whoever waits for a job is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from semseg.local.jobs.job_folder import JobStatus
from semseg.local.process.progress_bar import LogBar


class JobView(Protocol):
    """Shows one job from the beginning of its log to its end."""

    def look(self) -> None:
        """Is called several times a second, also while there is no new line."""
        ...

    def feed(self, line: str) -> None:
        """Is called for each line of the log, in order."""
        ...

    def line(self, text: str) -> None:
        """Shows a line that is not of the log."""
        ...

    def end(self, status: JobStatus) -> None:
        """Is called once the job has ended."""
        ...

    def close(self) -> None:
        """Is called when nobody waits any more; what is shown stays."""
        ...


class LogView:
    """Shows a bar that the lines of the log move, and those lines that are wanted.

    Args:
        bar: is fed with every line.
        is_wanted: whether a line is shown.
    """

    def __init__(self, bar: LogBar, is_wanted: Callable[[str], bool]) -> None:
        self._bar = bar
        self._is_wanted = is_wanted

    def look(self) -> None:
        """Does nothing: only lines move the bar."""

    def feed(self, line: str) -> None:
        """Moves the bar, and shows the line if it is wanted."""
        self._bar.feed(line)
        if self._is_wanted(line):
            self._bar.line(line)

    def line(self, text: str) -> None:
        """Shows a line above the bar."""
        self._bar.line(text)

    def end(self, status: JobStatus) -> None:
        """Does nothing: the last lines have moved the bar."""

    def close(self) -> None:
        """Ends the bar."""
        self._bar.close()
