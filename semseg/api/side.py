"""What a session's side does: this machine, or SageMaker.

Estimators, models, predictors and the rest ask a session for the side that a thing belongs to, and that side for the
thing; what one of the two cannot do, it refuses itself, in one sentence.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from semseg.api.shapes import Answer, Request
from semseg.archive.export_report import ExportReport
from semseg.contract.exported_forms import Form
from semseg.contract.job_progress import JobProgress
from semseg.contract.metric_lines import Metric

Itself = TypeVar("Itself")


class Side(Protocol):
    """One side of a session. Requests and answers are shaped as those of the SageMaker API that have their names."""

    def for_instance(self, instance_type: str | None) -> Side:
        """Returns the side that has machines of this type; None is for serverless endpoints.

        Raises:
            UserError: there is no such side here.
        """
        ...

    def algorithm_image(self) -> str:
        """Returns the image of the built-in algorithm."""
        ...

    # training jobs

    def train(self, request: Request) -> None:
        """Starts a training job, and returns at once; the request is shaped as CreateTrainingJob."""
        ...

    def describe_training_job(self, job_name: str) -> Answer:
        """Returns the job, shaped as DescribeTrainingJob."""
        ...

    def training_job_tags(self, job: Request) -> list[dict[str, str]]:
        """Returns the tags of a job, which is shaped as DescribeTrainingJob."""
        ...

    def training_job_metrics(self, job_name: str, period: int | None = None) -> list[Metric]:
        """Returns the values of the job's metrics; ``period`` is the seconds that SageMaker takes a mean over."""
        ...

    def training_job_results(self, job_name: str) -> str:
        """Returns where the files of a job's output/data lie: a folder of this machine, or the folder in S3 that has
        them as ``output.tar.gz``.
        """
        ...

    def training_job_progress(self, job_name: str) -> JobProgress | None:
        """Returns what the job is and how far it came; None where that is not known."""
        ...

    def training_job_started(self, job_name: str) -> str:
        """Returns the sentences for whoever does not wait for a job: where it runs, how to follow and to stop it."""
        ...

    def resume_training_job(self, job_name: str, epochs: int | None = None) -> None:
        """Starts a job that has ended again from its newest checkpoint, and returns at once.

        Args:
            epochs: how many it is to train in all; None means as many as before.

        Raises:
            UserError: it runs, there is nothing to be done for so many epochs, or this side starts no job again.
        """
        ...

    def stop_training_job(self, job_name: str) -> None:
        """Asks a job to stop, and returns at once."""
        ...

    def wait_for_job(self, job_name: str, show_logs: bool) -> None:
        """Waits for a job's end, and shows its log where that is wanted.

        Raises:
            TrainingError: the job failed.
        """
        ...

    def logs_for_job(
        self, job_name: str, wait: bool = False, poll: int = 10, log_type: str = "All", timeout: int | None = None
    ) -> None:
        """Shows a job's log so far, and with ``wait`` goes on until its end."""
        ...

    def delete_training_job(self, job_name: str) -> None:
        """Deletes a training job that has ended.

        Raises:
            UserError: it runs, there is none, or this side keeps it.
        """
        ...

    # models and endpoints

    def create_model(self, request: Request, for_endpoint: bool = False) -> None:
        """Makes a model known; the request is shaped as CreateModel.

        Args:
            for_endpoint: ``deploy()`` makes it for an endpoint.
        """
        ...

    def describe_model(self, name: str) -> Answer:
        """Returns the model, shaped as DescribeModel."""
        ...

    def delete_model(self, name: str) -> None:
        """Forgets a model; its archive stays."""
        ...

    def check_endpoint_config(self, request: Request) -> None:
        """Refuses a configuration that this side cannot honour, before a model is created for it."""
        ...

    def create_endpoint_config(self, request: Request) -> None:
        """Makes an endpoint configuration known; the request is shaped as CreateEndpointConfig."""
        ...

    def describe_endpoint_config(self, name: str) -> Answer:
        """Returns the configuration, shaped as DescribeEndpointConfig."""
        ...

    def delete_endpoint_config(self, name: str) -> None:
        """Forgets an endpoint configuration."""
        ...

    def create_endpoint(self, request: Request) -> None:
        """Starts an endpoint, and returns at once; the request is shaped as CreateEndpoint."""
        ...

    def update_endpoint(self, request: Request) -> None:
        """Starts to change an endpoint, and returns at once; the request is shaped as UpdateEndpoint."""
        ...

    def describe_endpoint(self, endpoint_name: str) -> Answer:
        """Returns the endpoint, shaped as DescribeEndpoint."""
        ...

    def wait_for_endpoint(self, endpoint_name: str, seconds: float | None = None) -> None:
        """Waits until an endpoint answers; None means the usual time.

        Raises:
            PlatformError: it failed, or was not ready in time.
        """
        ...

    def delete_endpoint(self, endpoint_name: str) -> None:
        """Stops an endpoint; its configuration and its model stay."""
        ...

    def forget_deploy(self, endpoint_name: str, model_name: str) -> bool:
        """Removes what ``deploy()`` has made for an endpoint that is not there; SageMaker keeps it.

        Returns:
            Whether the model is gone.
        """
        ...

    def endpoint_url(self, endpoint_name: str) -> str | None:
        """Returns the endpoint's address, and None where boto3 knows it by itself."""
        ...

    def invoke_endpoint(
        self,
        EndpointName: str,
        Body: bytes,
        ContentType: str | None = None,
        Accept: str | None = None,
        CustomAttributes: str | None = None,
        InferenceId: str | None = None,
        TargetModel: str | None = None,
        TargetVariant: str | None = None,
        InferenceComponentName: str | None = None,
    ) -> Answer:
        """Sends one request; the arguments are named as in InvokeEndpoint.

        Returns:
            ``{"Body": a binary stream, "ContentType": a media type}``.

        Raises:
            RequestError: the model refused it; carries the HTTP status.
        """
        ...

    def invoke_endpoint_async(self, request: Request) -> Answer:
        """Sends one request, shaped as InvokeEndpointAsync; the answer says where the result will be."""
        ...

    def requests_in_flight(self, endpoint_name: str, wanted: int | None = None) -> int:
        """Returns how many requests at a time make sense; ``wanted`` is how many somebody asked for."""
        ...

    # transform jobs

    def transform(self, request: Request) -> None:
        """Starts a transform job, and returns at once; the request is shaped as CreateTransformJob."""
        ...

    def describe_transform_job(self, job_name: str) -> Answer:
        """Returns the job, shaped as DescribeTransformJob."""
        ...

    def wait_for_transform_job(self, job_name: str, show_logs: bool) -> None:
        """Waits for a job's end, and shows its log where that is wanted.

        Raises:
            PlatformError: the job failed.
        """
        ...

    def stop_transform_job(self, job_name: str) -> None:
        """Asks a job to stop, and returns at once."""
        ...

    def delete_transform_job(self, job_name: str) -> None:
        """Deletes a transform job that has ended.

        Raises:
            UserError: it runs, there is none, or this side keeps it.
        """
        ...

    # tuning jobs

    def tune(self, request: Request) -> None:
        """Starts a tuning job, and returns at once; the request is shaped as CreateHyperParameterTuningJob."""
        ...

    def describe_tuning_job(self, job_name: str) -> Answer:
        """Returns the job, shaped as DescribeHyperParameterTuningJob."""
        ...

    def tuning_job_trials(self, job_name: str) -> list[Answer]:
        """Returns the training jobs of a tuning job, each shaped as HyperParameterTrainingJobSummary."""
        ...

    def wait_for_tuning_job(self, job_name: str) -> None:
        """Waits for a job's end.

        Raises:
            PlatformError: the job failed.
        """
        ...

    def stop_tuning_job(self, job_name: str) -> None:
        """Asks a job to stop, and returns at once."""
        ...

    def delete_tuning_job(self, job_name: str) -> None:
        """Deletes a tuning job that has ended.

        Raises:
            UserError: it runs, there is none, or this side keeps it.
        """
        ...

    # exports and the model registry

    def export_model(
        self,
        model_data: str | os.PathLike[str],
        path: str | os.PathLike[str],
        form: Form,
        channels: Sequence[Request],
        logs: bool,
    ) -> ExportReport:
        """Writes an archive of a model that has an exported form beside its parameters.

        Args:
            model_data: a path, file:// or s3:// URI of a model.tar.gz.
            path: a folder, or a file name that ends in .tar.gz.
            channels: shaped as a CreateTrainingJob's InputDataConfig.
            logs: whether to show what is done.

        Raises:
            UserError: this side makes no exports, or the channels or the model cannot be used.
        """
        ...

    def export_job(self, job: Request, form: Form, path: str | os.PathLike[str] | None, logs: bool) -> ExportReport:
        """Writes an archive of a training job's model that has an exported form, made from the job's own channels.

        Args:
            job: shaped as DescribeTrainingJob.
            path: as of :meth:`export_model`; None means the job's folder.

        Raises:
            UserError: this side makes no exports, or the job's channels are no longer there.
        """
        ...

    def archive_to_serve(self, job: Request, environment: Mapping[str, str]) -> str | None:
        """Returns the archive that serves a job's model as these variables ask; None means the job's own.

        Args:
            job: shaped as DescribeTrainingJob.
            environment: of the server.
        """
        ...

    def register(self, request: Request) -> str:
        """Puts a model into the model registry, and returns the ARN of the model package.

        Args:
            request: shaped as CreateModelPackage.

        Raises:
            UserError: this side has no registry.
        """
        ...


class OneSide:
    """A session that has all things on one side, which is the session itself; what it cannot do, it refuses."""

    def with_training_job(self: Itself, name: str) -> Itself:
        """Returns this session."""
        return self

    def with_model(self: Itself, name: str) -> Itself:
        """Returns this session."""
        return self

    def with_endpoint(self: Itself, name: str) -> Itself:
        """Returns this session."""
        return self

    def with_transform_job(self: Itself, name: str) -> Itself:
        """Returns this session."""
        return self

    def with_tuning_job(self: Itself, name: str) -> Itself:
        """Returns this session."""
        return self

    def with_exports(self: Itself) -> Itself:
        """Returns this session."""
        return self

    def with_registry(self: Itself) -> Itself:
        """Returns this session."""
        return self
