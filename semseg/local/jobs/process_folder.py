"""A job directory that a process of this machine lives in."""

from __future__ import annotations

from pathlib import Path

from semseg.contract.job_directory import JobDirectory


class ProcessFolder(JobDirectory):
    """What a container sees as /opt/ml, with the files that only this machine's side reads and writes."""

    @property
    def log(self) -> Path:
        """Returns the path of the file with all that the process printed."""
        return self.root / "log.txt"

    @property
    def lock(self) -> Path:
        """Returns the path of the file whose lock is held while the process that answers for this folder lives.

        That is a job's supervisor, or an endpoint's server.
        """
        return self.root / "lock"
