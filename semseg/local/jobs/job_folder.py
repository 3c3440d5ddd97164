"""What is kept of a job on this machine, beside what the container sees of it."""

from __future__ import annotations

import contextlib
import traceback
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from semseg.local.jobs.process_folder import ProcessFolder
from semseg.local.process.process import is_locked
from semseg.plumbing.disk_space import no_room
from semseg.plumbing.json_file import read_fields, write_json
from semseg.plumbing.whole_file import write_bytes

RESERVE_BYTES = 64 * 1024  # a status takes a block or two, and so does its folder's list of names
FINAL = ("Completed", "Failed", "Stopped")  # the statuses of jobs that have ended
LONGEST_FAILURE_REASON = 1024  # characters, as in SageMaker
DEAD_REASON = (
    "The process that looked after the job ended before the job did: it was killed, or the machine was restarted."
)


def inner_failure(error: Exception, log: Path) -> str:
    """Returns the failure reason of a job for an error of our own.

    Prints the error's traceback, which goes to the job's log in the process that looks after the job.
    """
    with contextlib.suppress(OSError):  # the log is on a full disk
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

    @property
    def reserve(self) -> Path:
        """Returns the path of a file that only takes room, which the last status gets where the disk is full by
        then.
        """
        return self.root / "reserve"

    def keep_reserve(self) -> None:
        """Takes the room that the last status will need."""
        write_bytes(self.reserve, bytes(RESERVE_BYTES))

    def write_status(self, status: JobStatus) -> None:
        """Writes where the job stands.

        On a full disk the last status takes the room that was reserved for it, and an earlier one is left out: what
        the job does next fails for the same reason, and that is written then.

        Raises:
            OSError: it cannot be written all the same.
        """
        try:
            write_json(self.status_file, asdict(status))
        except OSError as error:
            if no_room(error, self.root) is None:
                raise
            if status.is_final:
                self.reserve.unlink(missing_ok=True)
                write_json(self.status_file, asdict(status))
        if status.is_final:
            self.reserve.unlink(missing_ok=True)

    def read_status(self) -> JobStatus:
        """Returns where the job stands; Failed where its supervisor died and left the job unfinished.

        Raises:
            PlatformError: what is written of it cannot be read; the sentence says what is wrong.
        """
        alive = is_locked(self.lock)  # asked first: what a supervisor writes before its end is read after it
        status = self.written_status()
        return status if alive or status.is_final else self.failed_of(status)

    def written_status(self) -> JobStatus:
        """Returns where the job stands as its supervisor wrote it last, whether or not that lives.

        Raises:
            PlatformError: what is written of it cannot be read; the sentence says what is wrong.
        """
        return read_fields(self.status_file, JobStatus)

    def failed_of(self, status: JobStatus) -> JobStatus:
        """Returns the status of a job whose supervisor died after it had written this one."""
        ended = self.log.stat().st_mtime if self.log.exists() else status.created
        reason = self.reason_of_death()
        return replace(status, status="Failed", secondary_status="Failed", ended=ended, failure_reason=reason)

    def reason_of_death(self) -> str:
        """Returns the failure reason of a job whose supervisor died."""
        return DEAD_REASON
