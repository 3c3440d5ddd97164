"""One training job, found by its name."""

from __future__ import annotations

from typing import Any, Union

from semseg.errors import UserError
from semseg.session import AnySession, Side

Logs = Union[bool, str, list[str], None]
LOGS = {True: True, "All": True, "Training": True, False: False, None: False, "None": False, "Rules": False}


class TrainingJob:
    """One job of a session, by its name."""

    def __init__(self, sagemaker_session: AnySession, job_name: str) -> None:
        self.sagemaker_session = sagemaker_session
        self.job_name = job_name

    @property
    def name(self) -> str:
        return self.job_name

    def describe(self) -> dict[str, Any]:
        """The job, shaped as the SageMaker API's DescribeTrainingJob."""
        return self._side().describe_training_job(self.job_name)

    def wait(self, logs: Logs = "All") -> None:
        """Wait for the job's end, printing its log unless ``logs`` is False or "None".

        Ctrl-C asks a job of this machine to stop, and waits for its clean end; a managed job goes on without being
        waited for.

        Raises:
            TrainingError: the job failed.
        """
        self._side().wait_for_job(self.job_name, shows_logs(logs))

    def stop(self) -> None:
        """Ask the job to stop, and return at once; its best model so far is kept."""
        self._side().stop_training_job(self.job_name)

    def _side(self) -> Side:
        return self.sagemaker_session.with_training_job(self.job_name)


def shows_logs(logs: Logs) -> bool:
    """Whether this value of ``logs`` prints a job's log."""
    wanted = logs if isinstance(logs, list) else [logs]
    if not all(isinstance(log, (bool, str, type(None))) and log in LOGS for log in wanted):
        raise UserError(f'logs must be True, False, "All" or "None", got {logs!r}')
    return any(LOGS[log] for log in wanted)
