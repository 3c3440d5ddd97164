"""What is kept of a job on this machine, beside what the container sees of it."""

from __future__ import annotations

import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from semseg.local.jobs.process_folder import ProcessFolder
from semseg.local.process.process import is_locked
from semseg.plumbing.json_file import read_json, write_json

FINAL = ("Completed", "Failed", "Stopped")  # the statuses of jobs that have ended
LONGEST_FAILURE_REASON = 1024  # characters, as in SageMaker
DEAD_REASON = (
    "The process that looked after the job ended before the job did: it was killed, or the machine was restarted."
)


def inner_failure(error: Exception, log: Path) -> str:
    """Returns the failure reason of a job for an error of our own.

    Prints the error's traceback, which goes to the job's log in the process that looks after the job.
    """
    traceback.print_exception(type(error), error, error.__traceback__)
    return f"semseg itself failed with {type(error).__name__}: {error}; {log} says where"


@dataclass(frozen=True)
class JobStatus:
    """Where a job stands; the words are SageMaker's TrainingJobStatus and SecondaryStatus, times are Unix seconds."""

    status: str
    secondary_status: str
    created: float
    started: float | None = None
    ended: float | None = None
    failure_reason: str | None = None
    model_data: str | None = None  # file:// or s3:// URI of model.tar.gz
    earlier_seconds: float = 0.0  # that a job trained before it was resumed; started and ended are of its latest run
    retries: int = 0  # how often this run was started again, because a process of it was killed or broke down
    log_from: int = 0  # bytes of the log before this run

    @property
    def is_final(self) -> bool:
        return self.status in FINAL


class JobFolder(ProcessFolder):
    """The folder of one job: a training job's as it is, the other kinds add files of their own."""

    @property
    def request(self) -> Path:
        """Returns the path of the request, shaped as that of the API's operation that creates such a job."""
        return self.root / "job.json"

    @property
    def status_file(self) -> Path:
        return self.root / "status.json"

    @property
    def stop_request(self) -> Path:
        """Returns the path of a file that is there once somebody has asked the job to stop."""
        return self.root / "stop"

    def write_status(self, status: JobStatus) -> None:
        write_json(self.status_file, asdict(status))

    def read_status(self) -> JobStatus:
        """Returns where the job stands; Failed where its supervisor died and left the job unfinished."""
        alive = is_locked(self.lock)  # asked first: what a supervisor writes before its end is read after it
        status = self.written_status()
        return status if alive or status.is_final else self.failed_of(status)

    def written_status(self) -> JobStatus:
        """Returns where the job stands as its supervisor wrote it last, whether or not that lives."""
        return JobStatus(**read_json(self.status_file))

    def failed_of(self, status: JobStatus) -> JobStatus:
        """Returns the status of a job whose supervisor died after it had written this one."""
        ended = self.log.stat().st_mtime if self.log.exists() else status.created
        reason = self.reason_of_death()
        return replace(status, status="Failed", secondary_status="Failed", ended=ended, failure_reason=reason)

    def reason_of_death(self) -> str:
        """Returns the failure reason of a job whose supervisor died."""
        return DEAD_REASON
