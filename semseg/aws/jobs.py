"""What training, transform and tuning jobs of SageMaker have in common."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from semseg.api.shapes import Answer, Request
from semseg.aws.account import Account
from semseg.aws.faults import faults_as_sentences
from semseg.errors import CapacityError, TrainingError, UserError

ENDS = ("Completed", "Failed", "Stopped")  # of the statuses, those of a job that has ended


@dataclass(frozen=True)
class JobKind:
    """How the SageMaker API and sentences name one kind of jobs.

    Attributes:
        noun: such as "training job".
        title: what the API's names begin with, such as "Training" of TrainingJobName and TrainingJobStatus.
        operation: what the names of boto3's methods end with, such as "training_job".
    """

    noun: str
    title: str
    operation: str

    @property
    def status(self) -> str:
        """The key of a description that holds the status."""
        return f"{self.title}JobStatus"


class SageMakerJobs:
    """The jobs of one kind of one account.

    Args:
        account: reaches SageMaker, and knows the default bucket.
        poll_seconds: between two looks at a job that is waited for; None means the usual time of this kind.
    """

    kind: ClassVar[JobKind]
    usual_poll_seconds: ClassVar[float] = 5.0

    def __init__(self, account: Account, poll_seconds: float | None = None) -> None:
        self.account = account
        self.poll_seconds = self.usual_poll_seconds if poll_seconds is None else poll_seconds

    def describe(self, name: str) -> Answer:
        """Returns what the API answers when it is asked to describe the job."""
        with faults_as_sentences(f"describe {self.kind.noun} {name!r}"):
            return dict(self._call("describe", name))

    def stop(self, name: str) -> None:
        """Asks the job to stop, and returns at once."""
        with faults_as_sentences(f"stop {self.kind.noun} {name!r}"):
            self._call("stop", name)

    def delete(self, name: str) -> None:
        """Deletes a job that has ended; what it wrote stays in S3.

        Raises:
            UserError: the job runs, there is none, or the installed boto3 does not know how to delete one.
        """
        if not hasattr(self._client, f"delete_{self.kind.operation}"):
            raise UserError(
                f"{self.kind.noun} {name!r} cannot be deleted with this boto3, which is too old: "
                f"pip install --upgrade boto3"
            )
        with faults_as_sentences(f"delete {self.kind.noun} {name!r}"):
            self._call("delete", name)

    def _call(self, verb: str, name: str) -> Answer:
        answer: Answer = getattr(self._client, f"{verb}_{self.kind.operation}")(**{f"{self.kind.title}JobName": name})
        return answer

    def _wait(
        self, name: str, at_each_look: Callable[[Request], None], poll_seconds: float | None = None, ways: str = ""
    ) -> Answer:
        """Waits until the job has ended, and returns its last description.

        Ctrl-C ends the waiting, not the job, and says so.

        Args:
            at_each_look: called with each description, the last included.
            ways: what can be done once it is no longer waited for, to follow "which goes on".
        """
        try:
            while True:
                job = self.describe(name)
                at_each_look(job)
                if job[self.kind.status] in ENDS:
                    return job
                time.sleep(self.poll_seconds if poll_seconds is None else poll_seconds)
        except KeyboardInterrupt:
            self.account.teller.line(f"No longer waiting for {self.kind.noun} {name!r}, which goes on{ways}.")
            raise

    def _check_not_failed(self, name: str, job: Request, error: type[Exception]) -> None:
        """Raises this error, with SageMaker's reason, where the job has failed."""
        if job[self.kind.status] == "Failed":
            reason = job.get("FailureReason") or "SageMaker gave none"
            if error is TrainingError and "CapacityError" in reason:
                error = CapacityError
            raise error(f"Error for {self.kind.title} job {name}: Failed. Reason: {reason}")

    @property
    def _client(self) -> Any:
        return self.account.sagemaker_client
