"""The jobs of one kind on this machine: started, found, waited for, stopped, described, removed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import Pattern
from typing import Any, BinaryIO, Callable, Generic, TypeVar

from semseg.api.names import check_name, is_name
from semseg.aws.account import Account
from semseg.contract.echoed import echoed
from semseg.contract.environment import without_aws
from semseg.errors import PlatformError, UnexpectedStatusException, UserError
from semseg.local.jobs.home import Home, remove, staged
from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.jobs.job_view import JobView, LogView
from semseg.local.jobs.moment import moment
from semseg.local.jobs.process_folder import LEFT_OVER_SECONDS, remove_leftovers
from semseg.local.process.leash import leashed
from semseg.local.process.log_follower import LogFollower
from semseg.local.process.process import left_on_failure, start_detached, take_lock, wait_until_unlocked
from semseg.local.process.progress_bar import LogBar, LogReader
from semseg.machine.python_command import python_command
from semseg.plumbing.disk_space import full_disk_told
from semseg.plumbing.json_file import broken, read_object, write_json

Folder = TypeVar("Folder", bound=JobFolder)

# What files raise that somebody else has written.
UNREADABLE = (PlatformError, OSError, ValueError, TypeError, KeyError, AttributeError)
LATEST = 5  # jobs that are named where another was asked for
ENDING_SECONDS = 2.0  # within which a supervisor ends that has written its job's end


@dataclass(frozen=True)
class JobKind(Generic[Folder]):
    """What tells one kind of jobs from the others.

    Attributes:
        noun: such as "a training job", for messages.
        title: such as "Training job", for the message of a job that failed.
        api_name: what the fields of the API begin with: "TrainingJob" of TrainingJobName and TrainingJobStatus.
        times: what the fields of start and end begin with: "Training" of TrainingStartTime and TrainingEndTime.
        folder: makes the folder of a job from its path.
        place: where a home keeps these jobs.
        supervisor: the module that looks after one, started with the job's folder and the store's command.
        reader: makes what reads a job's progress from its log.
        first_status: the SecondaryStatus of a job that has just been started.
        on_interrupt: what a person who presses Ctrl-C is told; ``{name}`` is the job's.
        error: what a failed job raises for whoever waits for it.
        notice: matches lines that are shown also where the log is not; None means none.
        on_taken: how the refusal of a name that is taken ends; ``{name}`` is that name.
    """

    noun: str
    title: str
    api_name: str
    times: str
    folder: Callable[[Path], Folder]
    place: Callable[[Home], Path]
    supervisor: str
    reader: Callable[[], LogReader]
    on_interrupt: str
    first_status: str = "InProgress"
    error: type[PlatformError] = UnexpectedStatusException
    notice: Pattern[str] | None = None
    on_taken: str = ""


class JobStore(Generic[Folder]):
    """The jobs of one kind below one home.

    Args:
        kind: what these jobs are.
        home: where they are kept.
        command: what does a job's work.
        account: reaches S3, and shows lines and bars.
        leash: whether jobs end with the process that starts them.
    """

    def __init__(
        self, kind: JobKind[Folder], home: Home, command: Sequence[str], account: Account, leash: bool = False
    ) -> None:
        self.kind = kind
        self.home = home
        self.command = command
        self.account = account
        self._leash = leash

    @property
    def place(self) -> Path:
        """Returns the folder with a folder for each of these jobs."""
        return self.kind.place(self.home)

    def new(self, name: str, request: Mapping[str, Any], fill: Callable[[Folder], None]) -> tuple[Folder, BinaryIO]:
        """Makes the folder of a new job, whole or not at all, and takes its lock.

        Args:
            fill: writes what belongs into the folder beside the request and the status.

        Returns:
            The folder, and the lock, which :meth:`supervise` hands over; whoever does not must close it.

        Raises:
            UserError: there is a job of this name.
            PlatformError: there is no room for it.
        """
        self.home.create()
        remove_leftovers(self.place, time.time() - LEFT_OVER_SECONDS)
        target = self.place / name
        way_out = self.kind.on_taken.format(name=name)
        staging_of = staged(target, self.kind.noun, way_out)
        with full_disk_told(target), left_on_failure() as opened, staging_of as staging:
            folder = self.kind.folder(staging)
            lock = opened.enter_context(take_lock(folder.lock))  # first: what is locked is nobody's left-over
            fill(folder)
            write_json(folder.request, request)
            folder.write_status(JobStatus("InProgress", self.kind.first_status, created=time.time()))
            folder.keep_reserve()
        return self.kind.folder(target), lock

    def environment(self, needs_s3: bool) -> dict[str, str]:
        """Returns what a supervisor finds in its environment; of AWS it is told where it has to reach S3, else nothing.

        Raises:
            PlatformError: the credentials of a session cannot be had.
        """
        if not needs_s3:
            return without_aws(os.environ)
        return {**os.environ, **self.account.connection.child_environment()}

    def supervise(self, folder: Folder, lock: BinaryIO, environment: Mapping[str, str]) -> None:
        """Starts the process that looks after a new job, and hands it the job's lock."""
        with lock, full_disk_told(folder.root):
            supervisor = python_command(self.kind.supervisor, str(folder.root), *self.command)
            start_detached(leashed(list(supervisor)) if self._leash else supervisor, environment, folder.log, lock)

    def folder(self, name: str) -> Folder:
        """Returns the folder of a job that exists.

        Raises:
            UserError: there is no such job; the sentence names the latest ones.
        """
        check_name(self.kind.noun, name)
        if not self.has(name):
            raise self._no_such_job(name)
        return self.kind.folder(self.place / name)

    def has(self, name: str) -> bool:
        """Returns whether there is a job of this name."""
        return is_name(name) and self.kind.folder(self.place / name).request.is_file()

    def names(self) -> list[str]:
        """Returns the names of all jobs, sorted."""
        return sorted(folder.root.name for folder in self._folders())

    def summaries(self) -> list[dict[str, Any]]:
        """Returns every job, shaped as in the answer of the API's list of its kind, without an ARN.

        No log is read. What is no job's folder, or cannot be read as one, is left out.
        """
        found = []
        for folder, status in self.standing():
            with contextlib.suppress(*UNREADABLE):
                found.append(self.summary(folder, status))
        return found

    def standing(self) -> Iterator[tuple[Folder, JobStatus]]:
        """Yields the folder of every job with where the job stands; what cannot be read as a job is left out."""
        for folder in self._folders():
            with contextlib.suppress(*UNREADABLE):
                yield folder, folder.read_status()

    def summary(self, folder: Folder, status: JobStatus) -> dict[str, Any]:
        """Returns one job, as :meth:`summaries` has it."""
        fields = self.status_fields(status)
        fields.pop(f"{self.kind.times}StartTime", None)
        modified = moment(status.ended or folder.status_file.stat().st_mtime)
        return {f"{self.kind.api_name}Name": folder.root.name, **fields, "LastModifiedTime": modified}

    def describe(self, name: str) -> dict[str, Any]:
        """Returns the job, shaped as the SageMaker API describes one of its kind; times are aware datetimes in UTC."""
        folder = self.folder(name)
        return {**self.request(folder), **self.status_fields(folder.read_status())}

    def request(self, folder: Folder) -> dict[str, Any]:
        """Returns what was asked of a job, shaped as the API's request to create it.

        Raises:
            PlatformError: the file cannot be read; the sentence says what is wrong with it.
        """
        request = read_object(folder.request)
        key = f"{self.kind.api_name}Name"
        if request.get(key) != folder.root.name:
            raise broken(folder.request, f"its {key} must be {folder.root.name!r}, got {echoed(request.get(key))}")
        return request

    def status_fields(self, status: JobStatus) -> dict[str, Any]:
        """Returns where a job stands, in the API's fields."""
        kind = self.kind
        fields: dict[str, Any] = {f"{kind.api_name}Status": status.status, "CreationTime": moment(status.created)}
        if status.started:
            fields[f"{kind.times}StartTime"] = moment(status.started)
        if status.ended:
            fields[f"{kind.times}EndTime"] = moment(status.ended)
        if status.failure_reason:
            fields["FailureReason"] = status.failure_reason
        return fields

    def glance(self, name: str) -> str:
        """Returns where a job stands, in a few words; reads no log.

        Raises:
            UserError: there is no such job.
        """
        return self.folder(name).read_status().status

    def stop(self, name: str) -> None:
        """Asks a job to stop, and returns at once; nothing happens to one that has ended."""
        folder = self.folder(name)
        with full_disk_told(folder.root):
            folder.stop_request.touch()

    def wait(self, name: str, show_logs: bool = False) -> None:
        """Waits for a job's end, and shows how far it is.

        Ctrl-C asks the job to stop and waits for its end before it goes on.

        Raises:
            UnexpectedStatusException: the job failed; for a training job it is a TrainingError.
        """
        self._watch(self.folder(name), self._log_view(name, show_logs))

    def _log_view(self, name: str, show_logs: bool) -> LogView:
        notice = self.kind.notice
        return LogView(
            LogBar(self.kind.reader(), name, self.account.teller),
            lambda line: show_logs or bool(notice and notice.match(line)),
        )

    def _watch(self, folder: Folder, view: JobView) -> None:
        """Waits for a job's end as :meth:`wait` does, and lets ``view`` show it."""
        name = folder.root.name
        follower = LogFollower(folder.log, lambda: self._has_ended(folder), view.look)
        with contextlib.closing(view):
            try:
                self._follow(folder, follower, view)
            except KeyboardInterrupt:
                self.stop(name)
                view.line(self.kind.on_interrupt.format(name=name))
                self._follow(folder, follower, view)
                raise
        status = folder.read_status()
        if status.status == "Failed":
            raise self.kind.error(f"Error for {self.kind.title} {name}: Failed. Reason: {status.failure_reason}")

    def show_log(self, name: str) -> None:
        """Shows what a job's log has so far."""
        for line in LogFollower(self.folder(name).log, lambda: True).lines():
            self.account.teller.line(line)

    def delete(self, name: str) -> None:
        """Removes a job that has ended, with all that lies in its folder: its log, and results that went nowhere else.

        Raises:
            UserError: there is no such job, or it runs.
        """
        folder = self.folder(name)
        with self._taken(folder, "deleted"):
            remove(folder.root)

    def _taken(self, folder: Folder, deed: str) -> BinaryIO:
        """Returns the lock of a job that has ended, so that nobody else begins anything with it.

        Args:
            deed: what is to be done with the job, such as "deleted".

        Raises:
            UserError: it runs, or was removed meanwhile.
        """
        name = folder.root.name
        try:
            if self._wrote_its_end(folder):
                wait_until_unlocked(folder.lock, ENDING_SECONDS)  # who wrote it holds the lock a moment longer
            return take_lock(folder.lock)
        except FileNotFoundError:  # removed meanwhile
            raise self._no_such_job(name) from None
        except BlockingIOError:
            raise UserError(
                f"{self._word} {name!r} must have ended before it is {deed}, and it is still running: stop it, then "
                f"wait for its end"
            ) from None

    def _has_ended(self, folder: Folder) -> bool:
        """Returns whether a job has ended and nothing more will be in its log."""
        return folder.read_status().is_final

    def _wrote_its_end(self, folder: Folder) -> bool:
        """Returns whether a job's end is written down; False where its status cannot be read."""
        with contextlib.suppress(*UNREADABLE):
            return folder.written_status().is_final
        return False

    @property
    def _word(self) -> str:
        return self.kind.noun.split(" ", 1)[1]

    def _folders(self) -> Iterator[Folder]:
        for path in self.place.glob("[!.]*"):
            folder = self.kind.folder(path)
            if folder.request.is_file():
                yield folder

    def _no_such_job(self, name: str) -> UserError:
        latest = ", ".join(self._latest()) or "none"
        return UserError(f"there is no {self._word} {name!r} in {str(self.place)!r}; the latest: {latest}")

    def _latest(self) -> list[str]:
        found = []
        for folder in self._folders():
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                found.append((folder.root.stat().st_mtime, folder.root.name))
        return [name for _, name in sorted(found, reverse=True)[:LATEST]]

    def _follow(self, folder: Folder, follower: LogFollower, view: JobView) -> None:
        for line in follower.lines():
            view.feed(line)
        view.end(folder.read_status())
