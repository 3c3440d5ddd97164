"""ManagedSession: what an Estimator, a Model and a Predictor ask for, done by SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.api.algorithm_image import algorithm_image
from semseg.aws.account import Account
from semseg.aws.endpoints import Endpoints
from semseg.aws.model_packages import ModelPackages
from semseg.aws.training_jobs import TrainingJobs
from semseg.aws.transform_jobs import TransformJobs
from semseg.aws.tuning_jobs import TuningJobs
from semseg.contract.metric_lines import Metric
from semseg.errors import UserError

REQUESTS_IN_FLIGHT = 4  # to an endpoint that does not say what it can use


class ManagedSession(Account):
    """Jobs and endpoints on SageMaker, through boto3; offers the methods of LocalSession."""

    def for_instance(self, instance_type: str | None) -> ManagedSession:
        """This session, for an instance type that SageMaker has; None is for serverless endpoints.

        Raises:
            UserError: it is no type of SageMaker's.
        """
        if instance_type is not None and not instance_type.startswith("ml."):
            raise UserError(
                f'instance_type must be "local", "local_gpu" or one of SageMaker\'s, such as "ml.p3.2xlarge", '
                f"got {instance_type!r}"
            )
        return self

    def algorithm_image(self) -> str:
        """The built-in algorithm's image in this session's region."""
        return algorithm_image(self.boto_region_name)

    def with_training_job(self, name: str) -> ManagedSession:
        """This session: it knows no other; so do the four methods below."""
        return self

    def with_model(self, name: str) -> ManagedSession:
        return self

    def with_endpoint(self, name: str) -> ManagedSession:
        return self

    def with_transform_job(self, name: str) -> ManagedSession:
        return self

    def with_tuning_job(self, name: str) -> ManagedSession:
        return self

    def train(self, request: Mapping[str, Any]) -> None:
        """Start a training job and return at once; the request is shaped as the API's CreateTrainingJob."""
        TrainingJobs(self).start(request)

    def describe_training_job(self, job_name: str) -> dict[str, Any]:
        """What the API's DescribeTrainingJob answers."""
        return TrainingJobs(self).describe(job_name)

    def training_job_tags(self, job: Mapping[str, Any]) -> list[dict[str, str]]:
        """The tags of a job, which is shaped as the API's DescribeTrainingJob."""
        return TrainingJobs(self).tags(job)

    def stop_training_job(self, job_name: str) -> None:
        """Ask a job to stop, and return at once."""
        TrainingJobs(self).stop(job_name)

    def wait_for_job(self, job_name: str, show_logs: bool) -> None:
        """Wait for a job's end, printing its states and, if wanted, its log. Ctrl-C ends the waiting, not the job.

        Raises:
            TrainingError: the job failed.
        """
        TrainingJobs(self).wait(job_name, show_logs)

    def logs_for_job(
        self, job_name: str, wait: bool = False, poll: int = 10, log_type: str = "All", timeout: int | None = None
    ) -> None:
        """Print the job's log as far as it is written, and with ``wait`` go on until its end.

        Args:
            poll: seconds between two looks.
            log_type: "All" or "Training"; "Rules" alone has nothing to print.
            timeout: seconds after which the job is no longer waited for.

        Raises:
            TrainingError: the job failed.
        """
        jobs = TrainingJobs(self, poll)
        if wait:
            jobs.wait(job_name, show_logs=log_type != "Rules", seconds=timeout)
        elif log_type != "Rules":
            jobs.print_log(job_name)

    def training_job_metrics(self, job_name: str, period: int | None = None) -> list[Metric]:
        """The mean of each of the job's metrics over every ``period`` seconds in CloudWatch, in the order of time."""
        return TrainingJobs(self).metrics(job_name, period)

    def create_model(self, request: Mapping[str, Any]) -> None:
        """The request is shaped as the API's CreateModel."""
        Endpoints(self).create_model(request)

    def describe_model(self, name: str) -> dict[str, Any]:
        """What the API's DescribeModel answers."""
        return Endpoints(self).describe_model(name)

    def delete_model(self, name: str) -> None:
        Endpoints(self).delete_model(name)

    def create_endpoint_config(self, request: Mapping[str, Any]) -> None:
        """The request is shaped as the API's CreateEndpointConfig."""
        Endpoints(self).create_config(request)

    def describe_endpoint_config(self, name: str) -> dict[str, Any]:
        """What the API's DescribeEndpointConfig answers."""
        return Endpoints(self).describe_config(name)

    def delete_endpoint_config(self, name: str) -> None:
        Endpoints(self).delete_config(name)

    def create_endpoint(self, request: Mapping[str, Any]) -> None:
        """The request is shaped as the API's CreateEndpoint; returns while the endpoint is still being made."""
        Endpoints(self).create(request)

    def update_endpoint(self, request: Mapping[str, Any]) -> None:
        """The request is shaped as the API's UpdateEndpoint; returns while the endpoint is being changed."""
        Endpoints(self).update(request["EndpointName"], request["EndpointConfigName"])

    def describe_endpoint(self, name: str) -> dict[str, Any]:
        """What the API's DescribeEndpoint answers."""
        return Endpoints(self).describe(name)

    def wait_for_endpoint(self, name: str, seconds: float | None = None) -> None:
        """Wait until an endpoint answers; None waits for as long as SageMaker takes.

        Raises:
            PlatformError: it failed, or was not ready in time.
        """
        Endpoints(self).wait(name, seconds)

    def delete_endpoint(self, name: str) -> None:
        """Stop an endpoint; its configuration and its model stay."""
        Endpoints(self).delete(name)

    def endpoint_url(self, name: str) -> None:
        """None: boto3 knows where SageMaker's runtime is."""

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        """One request, named as the API's InvokeEndpoint is.

        Returns:
            ``{"Body": a binary stream, "ContentType": a media type}``.

        Raises:
            RequestError: the model refused it; carries the HTTP status that the model gave.
            UserError, PlatformError: AWS refused it, or could not be reached.
        """
        return Endpoints(self).invoke(**{name: value for name, value in request.items() if value is not None})

    def requests_in_flight(self, name: str, wanted: int | None = None) -> int:
        """How many requests at a time make sense: as many as wanted, else 4, for SageMaker does not say."""
        return wanted or REQUESTS_IN_FLIGHT

    def invoke_endpoint_async(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """One request, shaped as the API's InvokeEndpointAsync; says where its answer will be."""
        return Endpoints(self).invoke_async(request)

    def register(self, request: Mapping[str, Any]) -> str:
        """The request is shaped as the API's CreateModelPackage; its group is made where it is not there."""
        return ModelPackages(self).create(request)

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
