"""Hyperparameter tuning jobs of SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.aws.account import Account
from semseg.aws.faults import told
from semseg.aws.training_jobs import TrainingJobs
from semseg.aws.waiting import wait_until_ended
from semseg.errors import PlatformError

POLL_SECONDS = 10.0


class TuningJobs:
    """The tuning jobs of one account.

    Args:
        account: reaches SageMaker, and knows the default bucket.
        poll_seconds: between two looks at a job that is waited for.
    """

    def __init__(self, account: Account, poll_seconds: float = POLL_SECONDS) -> None:
        self.account = account
        self.poll_seconds = poll_seconds

    def start(self, request: Mapping[str, Any]) -> None:
        """Start a job; the request is shaped as CreateHyperParameterTuningJob, and may leave out the output path.

        Raises:
            UserError: AWS refused it.
        """
        whole = self._completed(request)
        with told(f"start tuning job {request['HyperParameterTuningJobName']!r}"):
            self._client().create_hyper_parameter_tuning_job(**whole)

    def describe(self, name: str) -> dict[str, Any]:
        """What DescribeHyperParameterTuningJob answers."""
        with told(f"describe tuning job {name!r}"):
            description: dict[str, Any] = self._client().describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            )
        return description

    def trials(self, name: str) -> list[dict[str, Any]]:
        """The training jobs so far, the oldest first, each shaped as HyperParameterTrainingJobSummary."""
        pages = self._client().get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
        with told(f"list the training jobs of tuning job {name!r}"):
            answers = pages.paginate(HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending")
            return [summary for answer in answers for summary in answer["TrainingJobSummaries"]]

    def stop(self, name: str) -> None:
        """Ask a job to stop, and return at once."""
        with told(f"stop tuning job {name!r}"):
            self._client().stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)

    def wait(self, name: str) -> None:
        """Wait for a job's end, with a line for each change of how many trials stand where.

        Ctrl-C ends the waiting, not the job.

        Raises:
            PlatformError: the job failed.
        """
        told_last = ""

        def at_each_look(job: Mapping[str, Any]) -> None:
            nonlocal told_last
            line = _standing(job)
            if line != told_last:
                print(line, flush=True)
            told_last = line

        key = "HyperParameterTuningJobStatus"
        job = wait_until_ended(
            f"tuning job {name!r}", lambda: self.describe(name), key, self.poll_seconds, at_each_look
        )
        if job[key] == "Failed":
            reason = job.get("FailureReason") or "SageMaker gave none"
            raise PlatformError(f"Error for HyperParameterTuning job {name}: Failed. Reason: {reason}")

    def _completed(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The request with its training jobs' role and output path as a single training job would have them."""
        definition = dict(request["TrainingJobDefinition"])
        static = definition.pop("StaticHyperParameters")
        whole = TrainingJobs(self.account).completed({**definition, "HyperParameters": static})
        whole["StaticHyperParameters"] = whole.pop("HyperParameters")
        return {**request, "TrainingJobDefinition": whole}

    def _client(self) -> Any:
        return self.account.sagemaker_client


def _standing(job: Mapping[str, Any]) -> str:
    """How many training jobs stand where, in one line."""
    counters = job.get("TrainingJobStatusCounters") or {}
    counts = ", ".join(f"{count} {name}" for name, count in counters.items() if count)
    return f"{job['HyperParameterTuningJobName']}: {job['HyperParameterTuningJobStatus']}" + (
        f" ({counts})" if counts else ""
    )
