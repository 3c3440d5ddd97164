"""What the processes that look after jobs have in common, whatever the kind of the job."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from semseg.errors import SemsegError
from semseg.local.jobs.job_folder import LONGEST_FAILURE_REASON, JobFolder, inner_failure
from semseg.plumbing.disk_space import reason_of
from semseg.plumbing.json_file import read_object
from semseg.plumbing.rotating_log import RotatingLog
from semseg.plumbing.teller import Teller

Folder = TypeVar("Folder", bound=JobFolder)


@dataclass(frozen=True)
class Ending:
    """How a job ended; the words are SageMaker's.

    Attributes:
        status: "Completed", "Failed" or "Stopped".
        secondary_status: empty means the same word as ``status``.
        failure_reason: one sentence where it failed; it is cut where it is too long.
        model_data: a file:// or s3:// URI, where a training job has made a model.
    """

    status: str
    secondary_status: str = ""
    failure_reason: str | None = None
    model_data: str | None = None


class Supervision(ABC, Generic[Folder]):
    """Looks after one job from its start to its end, and writes down where it stands.

    Args:
        job: the job's folder, with its request and its status.
        teller: shows the lines that belong into the job's log.
    """

    def __init__(self, job: Folder, teller: Teller) -> None:
        self.job = job
        self.teller = teller
        self.log = RotatingLog(job.log)
        self.request = read_object(job.request)
        self.status = job.written_status()

    def run(self) -> None:
        """Does the job's work and writes its end, whatever happens."""
        ending = self._outcome()
        reason = ending.failure_reason and ending.failure_reason[:LONGEST_FAILURE_REASON]
        self._update(
            status=ending.status,
            secondary_status=ending.secondary_status or ending.status,
            ended=time.time(),
            failure_reason=reason,
            model_data=ending.model_data or self.status.model_data,  # that of an earlier run is still there
        )

    @abstractmethod
    def _work(self) -> Ending:
        """Does the job's work.

        Raises:
            SemsegError, OSError: the job failed; the message is the reason.
        """

    def _tidy(self) -> None:  # a job may have nothing to remove
        """Removes what only the running job needed, before anybody sees that the job has ended."""

    def _failed(self, reason: str) -> Ending:
        """Returns the end of a job that failed for this reason."""
        return Ending("Failed", failure_reason=reason)

    def _outcome(self) -> Ending:
        try:
            try:
                return self._work()
            finally:
                self._tidy()
        except (SemsegError, OSError) as error:
            return self._failed(reason_of(error, self.job.root))
        except Exception as error:
            return self._failed(inner_failure(error, self.job.log))

    def _is_stopped(self) -> bool:
        """Returns whether somebody has asked the job to stop; it is Stopping from then on."""
        if not self.job.stop_request.exists():
            return False
        self._mark_stopping()
        return True

    def _mark_stopping(self) -> None:
        if self.status.status == "InProgress":
            self._update(status="Stopping", secondary_status="Stopping")

    def _update(self, **changes: Any) -> None:
        self.status = replace(self.status, **changes)
        self.job.write_status(self.status)


def look_after(supervision: Supervision[Any]) -> None:
    """Looks after a job in a process of its own, and ends that process. SIGTERM to it asks the job to stop."""
    signal.signal(signal.SIGTERM, lambda *_: supervision.job.stop_request.touch())
    supervision.log.watch()
    supervision.run()
    with contextlib.suppress(OSError):  # the log is on a full disk
        sys.stdout.flush()
    os._exit(0)  # no thread that still waits for S3 holds up the end
