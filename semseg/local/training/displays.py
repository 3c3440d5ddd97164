"""What whoever waits for a training job sees of it: a bar, a table of epochs, or the lines of its log."""

from __future__ import annotations

import time
from typing import Protocol

from semseg.local.process.progress_bar import Position
from semseg.local.training.epoch_page import markup, text
from semseg.local.training.epoch_table import end_lines, head, row, start_line
from semseg.local.training.history import Epoch, Told
from semseg.local.training.watched import WatchedJob
from semseg.plumbing.teller import Page, Teller

SECONDS_BETWEEN = 1.0  # of two states of a page of which nothing new is told


class Display(Protocol):
    """Shows one job."""

    def moved(self, job: WatchedJob) -> None:
        """Is called now and then, with what is known of the job."""
        ...

    def raw(self, line: str) -> None:
        """Is called for each line of the log."""
        ...

    def told(self, job: WatchedJob, what: Told) -> None:
        """Is called for each epoch and each line that a person should read."""
        ...

    def line(self, text: str) -> None:
        """Shows a line that is not of the log."""
        ...

    def ended(self, job: WatchedJob) -> None:
        """Is called once the job has ended."""
        ...

    def close(self) -> None:
        """Leaves what is shown as it is."""
        ...


class BarDisplay:
    """Shows a bar, and nothing of the log.

    Args:
        name: stands before the bar; empty where the lines above it say it.
    """

    def __init__(self, name: str, teller: Teller) -> None:
        self.bar = teller.bar("iteration", name, timed=False)
        self._shown: tuple[Position, str] | None = None

    def moved(self, job: WatchedJob) -> None:
        """Moves the bar where something has changed."""
        place, note = job.place(), job.note()
        if place.total is None or (place, note) == self._shown:
            return
        self._shown = place, note
        self.bar.move(place.done, place.total, place.unit)
        self.bar.note(note)

    def raw(self, line: str) -> None:
        """Shows nothing."""

    def told(self, job: WatchedJob, what: Told) -> None:
        """Shows nothing."""

    def line(self, text: str) -> None:
        """Shows a line above the bar."""
        self.bar.line(text)

    def ended(self, job: WatchedJob) -> None:
        """Moves the bar to the end of a job that is complete."""
        self.moved(job)

    def close(self) -> None:
        """Ends the bar."""
        self.bar.close()


class LogDisplay(BarDisplay):
    """Shows every line of the log, and a bar."""

    def raw(self, line: str) -> None:
        """Shows the line as it is."""
        self.line(line)


class TableDisplay(BarDisplay):
    """Shows a line for each epoch, and a bar."""

    def __init__(self, teller: Teller) -> None:
        super().__init__("", teller)
        self._has_started = False
        self._has_head = False
        self._warnings: list[str] = []  # to be shown once it is said what the job is
        self._rows: list[Epoch] = []  # to be shown

    def moved(self, job: WatchedJob) -> None:
        """Shows what the job is once that is known, and moves the bar."""
        if job.progress is not None and not self._has_started:
            self._has_started = True
            self.line(start_line(job.name, job.progress))
            self._show_warnings()
        super().moved(job)

    def told(self, job: WatchedJob, what: Told) -> None:
        """Shows an epoch as a row of a table, and a remark as a line."""
        if isinstance(what, Epoch):
            self._rows.append(what)
            self._show_rows(job)
        elif what.is_warning:
            self._warnings.append(f"Warning: {what.text}")
            if self._has_started:
                self._show_warnings()
        else:
            self.line(what.text)

    def ended(self, job: WatchedJob) -> None:
        """Shows how the job ended."""
        super().ended(job)
        self._show_warnings()
        self._show_rows(job)
        if job.status is not None:
            for line in end_lines(job.folder, job.status, job.history.best, job.progress):
                self.line(line)

    def _show_warnings(self) -> None:
        while self._warnings:
            self.line(self._warnings[0])
            self._warnings.pop(0)

    def _show_rows(self, job: WatchedJob) -> None:
        """Shows the rows that are not shown yet, also that at which somebody pressed Ctrl-C."""
        if self._rows and not self._has_head:
            self._has_head = True
            self.line(head(job.progress))
        while self._rows:
            self.line(row(self._rows[0], job.progress))
            self._rows.pop(0)


class PageDisplay:
    """Shows a table of epochs and curves in one output of a notebook, which changes in place."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._remarks: list[str] = []
        self._shown = float("-inf")
        self._job: WatchedJob | None = None

    def moved(self, job: WatchedJob) -> None:
        """Shows the job, at most once a second."""
        self._job = job
        if time.monotonic() - self._shown >= SECONDS_BETWEEN:
            self._show()

    def raw(self, line: str) -> None:
        """Shows nothing."""

    def told(self, job: WatchedJob, what: Told) -> None:
        """Keeps a remark; epochs and warnings the job has. All are shown with the next state."""
        if not isinstance(what, Epoch) and not what.is_warning:
            self._remarks.append(what.text)

    def line(self, text: str) -> None:
        """Shows a line on the page."""
        self._remarks.append(text)
        self._show()

    def ended(self, job: WatchedJob) -> None:
        """Shows how the job ended."""
        self._job = job
        self._show()

    def close(self) -> None:
        """Shows the last state."""
        self._show()

    def _show(self) -> None:
        if self._job is not None:
            self._shown = time.monotonic()
            self._page.show(markup(self._job, self._remarks), text(self._job, self._remarks))


def table_display(teller: Teller) -> Display:
    """Returns a display of a job's epochs: a page where the teller has one, else lines."""
    page = teller.page()
    return TableDisplay(teller) if page is None else PageDisplay(page)
