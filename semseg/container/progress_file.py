"""The file in which a command writes how far it is, for the bar of whoever waits."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from semseg.contract.work_progress import WorkProgress
from semseg.plumbing.whole_file import beside

SECONDS_BETWEEN = 0.25


class ProgressFile:
    """Writes how many pictures are done, at most four times a second, and the last one always.

    A file that cannot be written ends nothing: the work goes on without it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0.0

    def moved(self, done: int, total: int) -> None:
        """Writes that ``done`` of ``total`` pictures are done."""
        now = time.monotonic()
        if done < total and now - self._written < SECONDS_BETWEEN:
            return
        self._written = now
        with contextlib.suppress(OSError), beside(self._path, forced=False) as part:
            part.write_text(WorkProgress(done, total).to_json(), encoding="utf-8")
