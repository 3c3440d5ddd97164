"""Hyperparameter tuning jobs of SageMaker."""

from __future__ import annotations

from semseg.api.shapes import Answer, Request
from semseg.aws.faults import faults_as_sentences
from semseg.aws.jobs import JobKind, SageMakerJobs
from semseg.aws.training_jobs import TrainingJobs
from semseg.errors import UnexpectedStatusException


class TuningJobs(SageMakerJobs):
    """The tuning jobs of one account."""

    kind = JobKind("tuning job", "HyperParameterTuning", "hyper_parameter_tuning_job")
    usual_poll_seconds = 10.0

    def start(self, request: Request) -> None:
        """Starts a job; the request is shaped as CreateHyperParameterTuningJob, and may leave out the output path.

        Raises:
            UserError: AWS refused it.
        """
        whole = self._completed(request)
        with faults_as_sentences(f"start tuning job {request['HyperParameterTuningJobName']!r}"):
            self._client.create_hyper_parameter_tuning_job(**whole)

    def trials(self, name: str) -> list[Answer]:
        """Returns the training jobs so far, the oldest first, each shaped as HyperParameterTrainingJobSummary."""
        pages = self._client.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
        with faults_as_sentences(f"list the training jobs of tuning job {name!r}"):
            answers = pages.paginate(HyperParameterTuningJobName=name, SortBy="CreationTime", SortOrder="Ascending")
            return [summary for answer in answers for summary in answer["TrainingJobSummaries"]]

    def wait(self, name: str) -> None:
        """Waits for a job's end, with a line for each change of how many trials stand where.

        Ctrl-C ends the waiting, not the job.

        Raises:
            UnexpectedStatusException: the job failed.
        """
        last_line = ""

        def at_each_look(job: Request) -> None:
            nonlocal last_line
            line = _standing(job)
            if line != last_line:
                self.account.teller.line(line)
            last_line = line

        self._check_not_failed(name, self._wait(name, at_each_look), UnexpectedStatusException)

    def _completed(self, request: Request) -> Answer:
        """Returns the request with its training jobs' role and output path as a single training job would have them."""
        definition = dict(request["TrainingJobDefinition"])
        static = definition.pop("StaticHyperParameters")
        whole = TrainingJobs(self.account).completed({**definition, "HyperParameters": static})
        whole["StaticHyperParameters"] = whole.pop("HyperParameters")
        return {**request, "TrainingJobDefinition": whole}


def _standing(job: Request) -> str:
    """Returns how many training jobs stand where, in one line."""
    counters = job.get("TrainingJobStatusCounters") or {}
    counts = ", ".join(f"{count} {name}" for name, count in counters.items() if count)
    return f"{job['HyperParameterTuningJobName']}: {job['HyperParameterTuningJobStatus']}" + (
        f" ({counts})" if counts else ""
    )
