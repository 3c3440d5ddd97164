"""Jobs of a session, found by their names: training, transform and tuning jobs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import IntEnum
from typing import Protocol, Union

from semseg.api.shapes import Answer
from semseg.api.shown import shown
from semseg.api.side import Side
from semseg.contract.echoed import echoed
from semseg.errors import UserError
from semseg.local import LocalSession
from semseg.session import AnySession, local_side


class Shown(IntEnum):
    """What whoever waits for a training job is shown of its log; the first of them is false."""

    NOTHING = 0
    EPOCHS = 1  # a table of a job of this machine; of a managed job the lines of its log
    LINES = 2


Logs = Union[bool, str, list[str], Shown, None]
LOGS = {True: True, "All": True, "Training": True, False: False, None: False, "None": False, "Rules": False}

NO_JOB = "no job yet"  # in the repr of what starts jobs


class KeptJobs(Protocol):
    """The jobs of one kind that a machine keeps."""

    def has(self, name: str) -> bool:
        """Returns whether there is a job of this name."""
        ...

    def glance(self, name: str) -> str:
        """Returns where a job stands, in a few words."""
        ...


class Job(ABC):
    """One job of a session, by its name; what jobs of all kinds have in common."""

    def __init__(self, sagemaker_session: AnySession, job_name: str) -> None:
        self.sagemaker_session = sagemaker_session
        self.job_name = job_name

    def __repr__(self) -> str:
        return shown(self, self.words)

    @property
    def name(self) -> str:
        """The job's name."""
        return self.job_name

    def words(self) -> str:
        """Returns the job's name, and where it stands if it is one of this machine; nothing is asked of AWS."""
        local = local_side(self.sagemaker_session)
        jobs = None if local is None else self._jobs_of(local)
        return f"{self.name}: {jobs.glance(self.name)}" if jobs is not None and jobs.has(self.name) else self.name

    @abstractmethod
    def _jobs_of(self, local: LocalSession) -> KeptJobs:
        """Returns the jobs of this kind that this machine keeps."""


class TrainingJob(Job):
    """One training job of a session, by its name."""

    def describe(self) -> Answer:
        """Returns the job, shaped as the SageMaker API's DescribeTrainingJob."""
        return self._side().describe_training_job(self.job_name)

    def wait(self, logs: Logs = "All") -> None:
        """Waits for the job's end, and shows its epochs unless ``logs`` is False or "None".

        Args:
            logs: True or "All" for a table of the epochs of a job of this machine, and for the log of a managed job;
                ``["All"]``, a list, for the lines of the log on both.

        Ctrl-C asks a job of this machine to stop, and waits for its clean end; a managed job goes on without being
        waited for.

        Raises:
            TrainingError: the job failed.
        """
        wanted, side = shows_logs(logs), self._side()
        if wanted is Shown.LINES:
            side.logs_for_job(self.job_name, wait=True)
        else:
            side.wait_for_job(self.job_name, bool(wanted))

    def stop(self) -> None:
        """Asks the job to stop, and returns at once; its best model so far is kept."""
        self._side().stop_training_job(self.job_name)

    def _side(self) -> Side:
        return self.sagemaker_session.with_training_job(self.job_name)

    def _jobs_of(self, local: LocalSession) -> KeptJobs:
        return local.jobs


class TransformJob(Job):
    """One batch transform job of a session, by its name."""

    def describe(self) -> Answer:
        """Returns the job, shaped as the SageMaker API's DescribeTransformJob."""
        return self._side().describe_transform_job(self.job_name)

    def wait(self, logs: bool = True) -> None:
        """Waits for the job's end, printing its log if ``logs``.

        Raises:
            PlatformError: the job failed.
        """
        self._side().wait_for_transform_job(self.job_name, bool(logs))

    def stop(self) -> None:
        """Asks the job to stop, and returns at once; the answers that are there are kept."""
        self._side().stop_transform_job(self.job_name)

    def _side(self) -> Side:
        return self.sagemaker_session.with_transform_job(self.job_name)

    def _jobs_of(self, local: LocalSession) -> KeptJobs:
        return local.transform_jobs


class TuningJob(Job):
    """One tuning job of a session, by its name."""

    def describe(self) -> Answer:
        """Returns the job, shaped as the SageMaker API's DescribeHyperParameterTuningJob."""
        return self._side().describe_tuning_job(self.job_name)

    def wait(self) -> None:
        """Waits for the job's end.

        Raises:
            PlatformError: the job failed.
        """
        self._side().wait_for_tuning_job(self.job_name)

    def stop(self) -> None:
        """Asks the job to stop, and returns at once; the trials that have ended are kept."""
        self._side().stop_tuning_job(self.job_name)

    def _side(self) -> Side:
        return self.sagemaker_session.with_tuning_job(self.job_name)

    def _jobs_of(self, local: LocalSession) -> KeptJobs:
        return local.tuning_jobs


def job_words(job: Job | None) -> str:
    """Returns a job as the repr of what has started it says it; "" for none."""
    return "" if job is None else f"job {job.words()}"


def shows_logs(logs: Logs) -> Shown:
    """Returns what is shown of a job's log with this value of ``logs``: a list of the SDK's words asks for its lines.

    Raises:
        UserError: there is no such value.
    """
    if isinstance(logs, Shown):
        return logs
    wanted = logs if isinstance(logs, list) else [logs]
    if not all(isinstance(log, (bool, str, type(None))) and log in LOGS for log in wanted):
        raise UserError(f'logs must be True, False, "All", "None" or a list such as ["All"], got {echoed(logs)}')
    if not any(LOGS[log] for log in wanted):
        return Shown.NOTHING
    return Shown.LINES if isinstance(logs, list) else Shown.EPOCHS
