"""The lines by which a job's log tells how far its downloads are, written and read."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass

from semseg.plumbing.counted import counted
from semseg.plumbing.teller import Teller

SECONDS_BETWEEN = 1.0
BYTES_PER_MB = 1e6
LINE = re.compile(r"^Downloaded (\d+\.\d) of (\d+\.\d) MB\.$")


@dataclass(frozen=True)
class Downloaded:
    """How far downloads are, both in MB of 1,000,000 bytes."""

    done: float
    total: float


def parse_download(line: str) -> Downloaded | None:
    """Returns what a line tells of the downloads; None where it is about something else."""
    found = LINE.match(line)
    return Downloaded(float(found[1]), float(found[2])) if found else None


class DownloadLog:
    """Shows a line now and then of how much has been downloaded; told of the bytes as they come, from any thread."""

    def __init__(self, objects: int, size: int, teller: Teller) -> None:
        self._teller = teller
        self._size = size
        self._done = 0
        self._told = time.monotonic()
        self._lock = threading.Lock()
        teller.line(f"Downloading {counted(objects, 'object')} of S3, {size / BYTES_PER_MB:.1f} MB.")

    def add(self, size: int) -> None:
        """Counts so many bytes more."""
        with self._lock:
            self._done += size
            if time.monotonic() - self._told >= SECONDS_BETWEEN:
                self._tell()

    def finish(self) -> None:
        """Shows that all is there, now or from before."""
        with self._lock:
            self._done = self._size
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        self._teller.line(f"Downloaded {self._done / BYTES_PER_MB:.1f} of {self._size / BYTES_PER_MB:.1f} MB.")
