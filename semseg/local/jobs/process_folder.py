"""A job directory that a process of this machine lives in."""

from __future__ import annotations

import contextlib
from pathlib import Path

from semseg.contract.job_directory import JobDirectory
from semseg.local.jobs.home import remove
from semseg.local.process.process import is_locked

LEFT_OVER_SECONDS = 60.0  # the age from which a folder whose lock nobody holds was left by a process that was killed


class ProcessFolder(JobDirectory):
    """What a container sees as /opt/ml, with the files that only this machine's side reads and writes."""

    @property
    def lock(self) -> Path:
        """Returns the path of the file whose lock is held while the process that answers for this folder lives.

        That is a job's supervisor, or an endpoint's server.
        """
        return self.root / "lock"


def remove_leftovers(place: Path, before: float) -> None:
    """Removes the folders of jobs or endpoints whose making, or whose removal, was cut short before then.

    Args:
        place: has a folder for each of them.
        before: Unix seconds.
    """
    for path in [*place.glob(".new-*"), *place.glob(".gone-*")]:
        with contextlib.suppress(FileNotFoundError):
            if path.lstat().st_mtime <= before and not is_locked(ProcessFolder(path).lock):
                remove(path)
