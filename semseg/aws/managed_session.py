"""ManagedSession: SageMaker's side of a session, reached through boto3."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

from semseg.api.algorithm_image import algorithm_image
from semseg.api.shapes import Answer, Request, without_none
from semseg.api.side import OneSide
from semseg.aws.account import Account
from semseg.aws.endpoints import Endpoints
from semseg.aws.listings import SageMakerListings
from semseg.aws.model_packages import ModelPackages
from semseg.aws.training_jobs import TrainingJobs
from semseg.aws.transform_jobs import TransformJobs
from semseg.aws.tuning_jobs import TuningJobs
from semseg.contract.echoed import echoed
from semseg.contract.exported_forms import Form
from semseg.contract.metric_lines import Metric
from semseg.contract.s3_uri import S3Uri
from semseg.errors import UserError

if TYPE_CHECKING:
    import boto3

REQUESTS_IN_FLIGHT = 4  # to an endpoint that does not say what it can use


class ManagedSession(OneSide, SageMakerListings):
    """Jobs and endpoints on SageMaker; a :class:`semseg.api.side.Side`.

    Args:
        boto_session, default_bucket, default_bucket_prefix: as of the base class.
    """

    def __init__(
        self,
        boto_session: boto3.Session | Account | None = None,
        default_bucket: str | None = None,
        default_bucket_prefix: str | None = None,
    ) -> None:
        super().__init__(boto_session, default_bucket, default_bucket_prefix)
        self.training_jobs = TrainingJobs(self)
        self.transform_jobs = TransformJobs(self)
        self.tuning_jobs = TuningJobs(self)
        self.endpoints = Endpoints(self)
        self.model_packages = ModelPackages(self)

    def __repr__(self) -> str:
        return "<ManagedSession of SageMaker>"

    def for_instance(self, instance_type: str | None) -> ManagedSession:
        """Returns this session, for an instance type that SageMaker has; None is for serverless endpoints.

        Raises:
            UserError: it is no type of SageMaker's.
        """
        if instance_type is not None and not str(instance_type).startswith("ml."):
            raise UserError(
                f'instance_type must be "local", "local_gpu" or one of SageMaker\'s, such as "ml.p3.2xlarge", '
                f"got {echoed(instance_type)}"
            )
        return self

    def algorithm_image(self) -> str:
        """Returns the built-in algorithm's image in this session's region."""
        return algorithm_image(self.boto_region_name)

    def train(self, request: Request) -> None:
        """Starts a training job, and returns at once; the request is shaped as the API's CreateTrainingJob."""
        self.training_jobs.start(request)

    def describe_training_job(self, job_name: str) -> Answer:
        """Returns what the API's DescribeTrainingJob answers."""
        return self.training_jobs.describe(job_name)

    def training_job_tags(self, job: Request) -> list[dict[str, str]]:
        """Returns the tags of a job, which is shaped as the API's DescribeTrainingJob."""
        return self.training_jobs.tags(job)

    def training_job_results(self, job_name: str) -> str:
        """Returns the folder in S3 that gets the job's ``output.tar.gz`` when the job has ended."""
        output = self.describe_training_job(job_name)["OutputDataConfig"]["S3OutputPath"]
        return str(S3Uri.parse("output_path", output).join(job_name, "output"))

    def training_job_progress(self, job_name: str) -> None:
        """Returns None: SageMaker keeps no such file."""

    def training_job_started(self, job_name: str) -> str:
        """Returns the sentences for whoever does not wait for a job: where it runs, how to follow and to stop it."""
        found = f'Estimator.attach("{job_name}", wait=False)'
        return (
            f"Training job {job_name} runs on SageMaker in {self.boto_region_name}. "
            f"Follow it with logs(), stop it with latest_training_job.stop(), of this estimator or of {found}."
        )

    def resume_training_job(self, job_name: str, epochs: int | None = None) -> NoReturn:
        """Raises UserError always: SageMaker starts no job again. The sentence says what does the same there."""
        place = self.describe_training_job(job_name).get("CheckpointConfig", {}).get("S3Uri")
        way_out = (
            f"fit a new job with checkpoint_s3_uri={place!r}, and it goes on from the checkpoints there"
            if place
            else "it kept no checkpoints; give the next job a checkpoint_s3_uri, from which another one can go on"
        )
        raise UserError(f"training job {job_name!r} ran on SageMaker, which starts no job again: {way_out}")

    def stop_training_job(self, job_name: str) -> None:
        """Asks a job to stop, and returns at once."""
        self.training_jobs.stop(job_name)

    def wait_for_job(self, job_name: str, show_logs: bool) -> None:
        """Waits for a job's end, showing its states and, if wanted, its log. Ctrl-C ends the waiting, not the job.

        Raises:
            TrainingError: the job failed.
        """
        self.training_jobs.wait(job_name, show_logs)

    def logs_for_job(
        self, job_name: str, wait: bool = False, poll: int = 10, log_type: str = "All", timeout: int | None = None
    ) -> None:
        """Shows the job's log as far as it is written, and with ``wait`` goes on until its end.

        Args:
            poll: seconds between two looks.
            log_type: "All" or "Training"; "Rules" alone has nothing to show.
            timeout: seconds after which the job is no longer waited for.

        Raises:
            TrainingError: the job failed.
        """
        if wait:
            self.training_jobs.wait(job_name, log_type != "Rules", timeout, poll)
        elif log_type != "Rules":
            self.training_jobs.show_log(job_name)

    def delete_training_job(self, job_name: str) -> None:
        """Deletes a training job that has ended; what it wrote stays in S3."""
        self.training_jobs.delete(job_name)

    def training_job_metrics(self, job_name: str, period: int | None = None) -> list[Metric]:
        """Returns the mean of each metric over every ``period`` seconds in CloudWatch, in the order of time."""
        return self.training_jobs.metrics(job_name, period)

    def create_model(self, request: Request, for_endpoint: bool = False) -> None:
        """Creates a model, which is kept until it is deleted; the request is shaped as the API's CreateModel."""
        self.endpoints.create_model(request)

    def describe_model(self, name: str) -> Answer:
        """Returns what the API's DescribeModel answers."""
        return self.endpoints.describe_model(name)

    def delete_model(self, name: str) -> None:
        """Deletes a model; its archive stays."""
        self.endpoints.delete_model(name)

    def forget_deploy(self, endpoint_name: str, model_name: str) -> bool:
        """Removes nothing, and returns False: SageMaker keeps a model until it is deleted."""
        return False

    def check_endpoint_config(self, request: Request) -> None:
        """Refuses nothing: SageMaker itself does."""

    def create_endpoint_config(self, request: Request) -> None:
        """Creates an endpoint configuration; the request is shaped as the API's CreateEndpointConfig."""
        self.endpoints.create_config(request)

    def describe_endpoint_config(self, name: str) -> Answer:
        """Returns what the API's DescribeEndpointConfig answers."""
        return self.endpoints.describe_config(name)

    def delete_endpoint_config(self, name: str) -> None:
        """Deletes an endpoint configuration."""
        self.endpoints.delete_config(name)

    def create_endpoint(self, request: Request) -> None:
        """Starts to make an endpoint, and returns at once; the request is shaped as the API's CreateEndpoint."""
        self.endpoints.create(request)

    def update_endpoint(self, request: Request) -> None:
        """Starts to change an endpoint, and returns at once; the request is shaped as the API's UpdateEndpoint."""
        self.endpoints.update(request["EndpointName"], request["EndpointConfigName"])

    def describe_endpoint(self, endpoint_name: str) -> Answer:
        """Returns what the API's DescribeEndpoint answers."""
        return self.endpoints.describe(endpoint_name)

    def wait_for_endpoint(self, endpoint_name: str, seconds: float | None = None) -> None:
        """Waits until an endpoint answers; None waits for as long as SageMaker takes.

        Raises:
            PlatformError: it failed, or was not ready in time.
        """
        self.endpoints.wait(endpoint_name, seconds)

    def delete_endpoint(self, endpoint_name: str) -> None:
        """Deletes an endpoint; its configuration and its model stay."""
        self.endpoints.delete(endpoint_name)

    def endpoint_url(self, endpoint_name: str) -> None:
        """Returns None, for boto3 knows where SageMaker's runtime is."""

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
        **others: object,
    ) -> Answer:
        """Sends one request; the arguments are named as in the API's InvokeEndpoint, which has some ``others``.

        Returns:
            ``{"Body": a binary stream, "ContentType": a media type}``.

        Raises:
            RequestError: the model refused it; carries the HTTP status that the model gave.
            UserError, PlatformError: AWS refused it, or could not be reached.
        """
        request = {
            "EndpointName": EndpointName,
            "Body": Body,
            "ContentType": ContentType,
            "Accept": Accept,
            "CustomAttributes": CustomAttributes,
            "InferenceId": InferenceId,
            "TargetModel": TargetModel,
            "TargetVariant": TargetVariant,
            "InferenceComponentName": InferenceComponentName,
            **others,
        }
        return self.endpoints.invoke(without_none(request))

    def requests_in_flight(self, endpoint_name: str, wanted: int | None = None) -> int:
        """Returns how many requests at a time make sense: as many as wanted, else 4, for SageMaker does not say."""
        return wanted or REQUESTS_IN_FLIGHT

    def invoke_endpoint_async(self, request: Request) -> Answer:
        """Sends one request, shaped as the API's InvokeEndpointAsync; the answer says where the result will be."""
        return self.endpoints.invoke_async(request)

    def transform(self, request: Request) -> None:
        """Starts a batch transform job, and returns at once; the request is shaped as the API's CreateTransformJob."""
        self.transform_jobs.start(request)

    def describe_transform_job(self, job_name: str) -> Answer:
        """Returns what the API's DescribeTransformJob answers."""
        return self.transform_jobs.describe(job_name)

    def wait_for_transform_job(self, job_name: str, show_logs: bool) -> None:
        """Waits for a job's end. Ctrl-C ends the waiting, not the job.

        Raises:
            PlatformError: the job failed.
        """
        self.transform_jobs.wait(job_name, show_logs)

    def stop_transform_job(self, job_name: str) -> None:
        """Asks a job to stop, and returns at once."""
        self.transform_jobs.stop(job_name)

    def delete_transform_job(self, job_name: str) -> None:
        """Refused: raises UserError always, for SageMaker keeps its transform jobs."""
        self.transform_jobs.delete(job_name)

    def tune(self, request: Request) -> None:
        """Starts a tuning job; the request is shaped as the API's CreateHyperParameterTuningJob."""
        self.tuning_jobs.start(request)

    def describe_tuning_job(self, job_name: str) -> Answer:
        """Returns what the API's DescribeHyperParameterTuningJob answers."""
        return self.tuning_jobs.describe(job_name)

    def tuning_job_trials(self, job_name: str) -> list[Answer]:
        """Returns the training jobs of a tuning job, each shaped as the API's HyperParameterTrainingJobSummary."""
        return self.tuning_jobs.trials(job_name)

    def wait_for_tuning_job(self, job_name: str) -> None:
        """Waits for a job's end. Ctrl-C ends the waiting, not the job.

        Raises:
            PlatformError: the job failed.
        """
        self.tuning_jobs.wait(job_name)

    def stop_tuning_job(self, job_name: str) -> None:
        """Asks a job to stop, and returns at once."""
        self.tuning_jobs.stop(job_name)

    def delete_tuning_job(self, job_name: str) -> None:
        """Deletes a tuning job that has ended; its training jobs stay."""
        self.tuning_jobs.delete(job_name)

    def export_model(
        self,
        model_data: str | os.PathLike[str],
        path: str | os.PathLike[str],
        form: Form,
        channels: Sequence[Request],
        logs: bool,
    ) -> NoReturn:
        """Refused: raises UserError always."""
        raise UserError("exports are made on this machine: give a Session() or a LocalSession()")

    def export_job(self, job: Request, form: Form, path: str | os.PathLike[str] | None, logs: bool) -> NoReturn:
        """Refused: raises UserError always."""
        raise UserError("exports are made on this machine: give a Session() or a LocalSession()")

    def archive_to_serve(self, job: Request, environment: Mapping[str, str]) -> None:
        """Returns None: SageMaker serves the job's own archive."""

    def register(self, request: Request) -> str:
        """Registers a model, and makes its group where it is not there; shaped as the API's CreateModelPackage.

        Returns:
            The ARN of the model package.
        """
        return self.model_packages.create(request)
