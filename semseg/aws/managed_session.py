"""ManagedSession: what an Estimator, a Model and a Predictor ask for, done by SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.aws.account import Account
from semseg.aws.transform_jobs import TransformJobs
from semseg.aws.tuning_jobs import TuningJobs


class ManagedSession(Account):
    """Jobs and endpoints on SageMaker, through boto3; offers the methods of LocalSession."""

    def for_instance(self, instance_type: str | None) -> ManagedSession:
        """This session, for an instance type that SageMaker has."""
        return self

    def transform(self, request: Mapping[str, Any]) -> None:
        """Start a batch transform job; the request is shaped as the API's CreateTransformJob."""
        TransformJobs(self).start(request)

    def describe_transform_job(self, job_name: str) -> dict[str, Any]:
        """What the API's DescribeTransformJob answers."""
        return TransformJobs(self).describe(job_name)

    def wait_for_transform_job(self, job_name: str, show_logs: bool) -> None:
        """Wait for a job's end. Ctrl-C ends the waiting, not the job.

        Raises:
            PlatformError: the job failed.
        """
        TransformJobs(self).wait(job_name, show_logs)

    def stop_transform_job(self, job_name: str) -> None:
        """Ask a job to stop, and return at once."""
        TransformJobs(self).stop(job_name)

    def tune(self, request: Mapping[str, Any]) -> None:
        """Start a tuning job; the request is shaped as the API's CreateHyperParameterTuningJob."""
        TuningJobs(self).start(request)

    def describe_tuning_job(self, job_name: str) -> dict[str, Any]:
        """What the API's DescribeHyperParameterTuningJob answers."""
        return TuningJobs(self).describe(job_name)

    def tuning_job_trials(self, job_name: str) -> list[dict[str, Any]]:
        """The training jobs of a tuning job, each shaped as the API's HyperParameterTrainingJobSummary."""
        return TuningJobs(self).trials(job_name)

    def wait_for_tuning_job(self, job_name: str) -> None:
        """Wait for a job's end. Ctrl-C ends the waiting, not the job.

        Raises:
            PlatformError: the job failed.
        """
        TuningJobs(self).wait(job_name)

    def stop_tuning_job(self, job_name: str) -> None:
        """Ask a job to stop, and return at once."""
        TuningJobs(self).stop(job_name)
