"""Follows a training job for whoever waits for it."""

from __future__ import annotations

from semseg.contract.job_progress import JobProgress
from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.training.displays import Display
from semseg.local.training.history import Told
from semseg.local.training.log import TrainingReader
from semseg.local.training.watched import WatchedJob


class TrainingWatch:
    """Reads a job's log and its progress, and shows what they tell; a :class:`semseg.local.jobs.job_view.JobView`."""

    def __init__(self, folder: JobFolder, display: Display) -> None:
        self._job = WatchedJob(folder)
        self._display = display
        self._reader = TrainingReader()

    def look(self) -> None:
        """Reads how far the job is, and shows it."""
        self._job.progress = read_progress(self._job.folder) or self._job.progress
        self._display.moved(self._job)

    def feed(self, line: str) -> None:
        """Takes the next line of the log."""
        position = self._reader.read(line)
        if position is not None:
            before = self._job.position
            self._job.position = position.after(before) if before else position
            self._display.moved(self._job)
        for what in self._job.history.read(line):
            self._tell(what)
        self._display.raw(line)

    def line(self, text: str) -> None:
        """Shows a line that is not of the log."""
        self._display.line(text)

    def end(self, status: JobStatus) -> None:
        """Shows how the job ended."""
        self.look()
        for what in self._job.history.finish():
            self._tell(what)
        self._job.status = status
        self._display.ended(self._job)

    def close(self) -> None:
        """Leaves what is shown as it is."""
        self._display.close()

    def _tell(self, what: Told) -> None:
        if self._job.progress is None:
            self.look()  # what the job is comes before what it did, also where all of it came since the last look
        self._display.told(self._job, what)


def read_progress(folder: JobFolder) -> JobProgress | None:
    """Returns how far a job is; None where its process has not told."""
    try:
        return JobProgress.from_json(folder.progress.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
