"""Jobs of a session, found by their names: training, transform and tuning jobs."""

from __future__ import annotations

from typing import Union

from semseg.api.shapes import Answer
from semseg.api.side import Side
from semseg.errors import UserError
from semseg.session import AnySession

Logs = Union[bool, str, list[str], None]
LOGS = {True: True, "All": True, "Training": True, False: False, None: False, "None": False, "Rules": False}


class Job:
    """One job of a session, by its name; what jobs of all kinds have in common."""

    def __init__(self, sagemaker_session: AnySession, job_name: str) -> None:
        self.sagemaker_session = sagemaker_session
        self.job_name = job_name

    @property
    def name(self) -> str:
        """The job's name."""
        return self.job_name


class TrainingJob(Job):
    """One training job of a session, by its name."""

    def describe(self) -> Answer:
        """Returns the job, shaped as the SageMaker API's DescribeTrainingJob."""
        return self._side().describe_training_job(self.job_name)

    def wait(self, logs: Logs = "All") -> None:
        """Waits for the job's end, printing its log unless ``logs`` is False or "None".

        Ctrl-C asks a job of this machine to stop, and waits for its clean end; a managed job goes on without being
        waited for.

        Raises:
            TrainingError: the job failed.
        """
        self._side().wait_for_job(self.job_name, shows_logs(logs))

    def stop(self) -> None:
        """Asks the job to stop, and returns at once; its best model so far is kept."""
        self._side().stop_training_job(self.job_name)

    def _side(self) -> Side:
        return self.sagemaker_session.with_training_job(self.job_name)


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


def shows_logs(logs: Logs) -> bool:
    """Returns whether this value of ``logs`` prints a job's log."""
    wanted = logs if isinstance(logs, list) else [logs]
    if not all(isinstance(log, (bool, str, type(None))) and log in LOGS for log in wanted):
        raise UserError(f'logs must be True, False, "All" or "None", got {logs!r}')
    return any(LOGS[log] for log in wanted)
