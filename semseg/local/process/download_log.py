"""The lines by which a job's log tells how far its downloads are, written and read."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass

SECONDS_BETWEEN = 1.0
MEGABYTE = 1e6
LINE = re.compile(r"^Downloaded (\d+\.\d) of (\d+\.\d) MB\.$")


@dataclass(frozen=True)
class Downloaded:
    """Both in MB of 1,000,000 bytes."""

    done: float
    total: float


def parse_download(line: str) -> Downloaded | None:
    """What a line tells of the downloads; None where it is about something else."""
    found = LINE.match(line)
    return Downloaded(float(found[1]), float(found[2])) if found else None


class DownloadLog:
    """Told of bytes as they come, from any thread, it prints a line now and then."""

    def __init__(self, objects: int, size: int) -> None:
        self._size = size
        self._done = 0
        self._printed = time.monotonic()
        self._lock = threading.Lock()
        print(f"Downloading {objects} objects of S3, {size / MEGABYTE:.1f} MB.", flush=True)

    def add(self, size: int) -> None:
        """So many bytes more."""
        with self._lock:
            self._done += size
            if time.monotonic() - self._printed >= SECONDS_BETWEEN:
                self._print()

    def finish(self) -> None:
        """All is there, now or from before."""
        with self._lock:
            self._done = self._size
            self._print()

    def _print(self) -> None:
        self._printed = time.monotonic()
        print(f"Downloaded {self._done / MEGABYTE:.1f} of {self._size / MEGABYTE:.1f} MB.", flush=True)
