"""LocalSession: what an Estimator, a Model and a Predictor ask for, done on this machine."""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Mapping, Sequence
from typing import Any

from semseg.api.local_refusals import (
    check_endpoint_config,
    check_instance,
    check_model,
    check_training_request,
    refuse_locally,
)
from semseg.archive.export_report import ExportReport
from semseg.aws.account import Account
from semseg.contract.environment import PRECISION
from semseg.contract.exported_forms import INT8, Form
from semseg.contract.metric_lines import Metric
from semseg.contract.s3_uri import S3Uri, is_s3
from semseg.errors import ModelError, RequestError, TrainingError, UserError
from semseg.local.commands import OURS, Commands
from semseg.local.endpoint.endpoints import HEALTH_CHECK_SECONDS, EndpointRequest, Endpoints
from semseg.local.endpoint.folder import without_token
from semseg.local.endpoint.port import serving_port
from semseg.local.export.archives import target_at
from semseg.local.export.exports import ExportRequest, Exports
from semseg.local.files.downloads import Downloads
from semseg.local.jobs.home import Home
from semseg.local.jobs.records import Records
from semseg.local.process.log_follower import LogFollower
from semseg.local.process.progress_bar import ProgressBar
from semseg.local.training.jobs import Jobs
from semseg.local.training.metrics import read_metrics
from semseg.local.transform.jobs import TransformJobs
from semseg.local.tuning.jobs import TuningJobs

logger = logging.getLogger(__name__)
IMAGE = "semantic-segmentation:1"


class LocalSession(Account):
    """Runs jobs and endpoints in processes of this machine, without Docker and without an account.

    All it knows is in files below the folder that the environment variable SEMSEG_HOME names (default ~/.semseg), so
    that another process finds the same jobs and endpoints. The parameters are those of the SageMaker Python SDK; of
    AWS nothing is asked but what lies in S3, where a location is there.

    Attributes:
        config: a dictionary to fill; ``{"local": {"serving_port": 8080}}`` fixes the port of the next endpoint, which
            is otherwise the one that the environment variable SEMSEG_SERVING_PORT names, or a free one.
    """

    def __init__(
        self,
        boto_session: Any = None,
        default_bucket: str | None = None,
        s3_endpoint_url: str | None = None,
        disable_local_code: bool = False,
        sagemaker_config: Mapping[str, Any] | None = None,
        default_bucket_prefix: str | None = None,
    ) -> None:
        super().__init__(boto_session, default_bucket, default_bucket_prefix, s3_endpoint_url)
        self.config: dict[str, Any] | None = None
        self._work_in(Home.from_environment(os.environ), OURS)

    @classmethod
    def at(cls, home: Home, commands: Commands = OURS) -> LocalSession:
        """Returns a session that keeps all it knows in this home, and starts these commands for its work."""
        session = cls()
        session._work_in(home, commands)
        return session

    def _work_in(self, home: Home, commands: Commands) -> None:
        self.home = home
        self.jobs = Jobs(home, commands.train, self)
        self.endpoints = Endpoints(home, commands.serve)
        self.transform_jobs = TransformJobs(home, self, commands.serve)
        self.tuning_jobs = TuningJobs(home, self, commands.train)
        self.exports = Exports(home, self, commands.export)

    def for_instance(self, instance_type: str | None) -> LocalSession:
        """This session, for "local" and "local_gpu".

        Raises:
            UserError: this machine is not of this type.
        """
        check_instance(instance_type, 1)
        return self

    def with_training_job(self, name: str) -> LocalSession:
        """This session: it knows no other; so do the four methods below."""
        return self

    def with_model(self, name: str) -> LocalSession:
        return self

    def with_endpoint(self, name: str) -> LocalSession:
        return self

    def with_transform_job(self, name: str) -> LocalSession:
        return self

    def with_tuning_job(self, name: str) -> LocalSession:
        return self

    def with_exports(self) -> LocalSession:
        """Returns this session."""
        return self

    def with_registry(self) -> LocalSession:
        """Returns this session, which refuses to register a model."""
        return self

    def has_training_job(self, name: str) -> bool:
        """Whether this machine keeps a training job of this name."""
        return (self.home.jobs / name / "job.json").is_file()

    def has_endpoint(self, name: str) -> bool:
        """Whether this machine keeps an endpoint of this name."""
        return (self.home.endpoints / name / "endpoint.json").is_file()

    def has_model(self, name: str) -> bool:
        """Whether this machine keeps a model of this name."""
        return (self.home.models / f"{name}.json").is_file()

    def has_transform_job(self, name: str) -> bool:
        """Whether this machine keeps a transform job of this name."""
        return (self.home.transform_jobs / name / "job.json").is_file()

    def has_tuning_job(self, name: str) -> bool:
        """Whether this machine keeps a hyperparameter tuning job of this name."""
        return (self.home.tuning_jobs / name / "job.json").is_file()

    def train(self, request: Mapping[str, Any]) -> None:
        """Start a training job and return at once; the request is shaped as the API's CreateTrainingJob."""
        check_training_request(request)
        self.jobs.start(request)

    def describe_training_job(self, job_name: str) -> dict[str, Any]:
        """The job, shaped as the API's DescribeTrainingJob; times are aware datetimes in UTC."""
        return self.jobs.describe(job_name)

    def training_job_tags(self, job: Mapping[str, Any]) -> list[dict[str, str]]:
        """The tags of a job, which is shaped as the API's DescribeTrainingJob."""
        return list(job.get("Tags", []))

    def training_job_metrics(self, job_name: str, period: int | None = None) -> list[Metric]:
        """Every value of every metric in the job's log, in the log's order; ``period`` has no meaning here."""
        return read_metrics(self.jobs.folder(job_name).log)

    def stop_training_job(self, job_name: str) -> None:
        """Ask a job to stop; its best model so far is kept."""
        self.jobs.stop(job_name)

    def wait_for_job(self, job_name: str, show_logs: bool) -> None:
        """Wait for a job's end, with a progress bar on terminals and in notebooks.

        Ctrl-C asks the job to stop and waits for its clean end before it goes on.

        Raises:
            TrainingError: the job failed.
        """
        folder = self.jobs.folder(job_name)
        follower = LogFollower(folder.log, lambda: folder.read_status().is_final)
        try:
            _follow(follower, job_name, show_logs)
        except KeyboardInterrupt:
            self.stop_training_job(job_name)
            print(f"Stopping {job_name} and keeping its best model; once more leaves it to itself.", flush=True)
            _follow(follower, job_name, show_logs)
            raise
        self._report_end(job_name, show_logs)

    def logs_for_job(
        self, job_name: str, wait: bool = False, poll: int = 10, log_type: str = "All", timeout: int | None = None
    ) -> None:
        """Print the job's log, and with ``wait`` go on until its end; the others have no meaning on this machine."""
        if wait:
            return self.wait_for_job(job_name, show_logs=True)
        for line in LogFollower(self.jobs.folder(job_name).log, lambda: True).lines():
            print(line, flush=True)
        return None

    def algorithm_image(self) -> str:
        """A name for the algorithm, which is no image on this machine."""
        return IMAGE

    @property
    def models(self) -> Records:
        return Records(self.home, self.home.models, "a model", "ModelName")

    @property
    def endpoint_configs(self) -> Records:
        return Records(self.home, self.home.endpoint_configs, "an endpoint configuration", "EndpointConfigName")

    def create_model(self, request: Mapping[str, Any]) -> None:
        """Keep a model, shaped as the API's CreateModel; its archive stays where it is."""
        check_model(request)
        self.models.create(request)

    def describe_model(self, name: str) -> dict[str, Any]:
        """The model, shaped as the API's DescribeModel; a token in its environment is shown as ***."""
        model = self.models.describe(name)
        container = model["PrimaryContainer"]
        shown = {"Environment": without_token(container["Environment"])} if container.get("Environment") else {}
        return {**model, "PrimaryContainer": {**container, **shown}}

    def delete_model(self, name: str) -> None:
        """Forget a model; its archive stays."""
        self.models.delete(name)

    def create_endpoint_config(self, request: Mapping[str, Any]) -> None:
        """Keep what an endpoint is to be, shaped as the API's CreateEndpointConfig."""
        check_endpoint_config(request)
        name = request["EndpointConfigName"]
        if name in self.endpoint_configs.names() and self.endpoints.has_failed(name):
            self.endpoint_configs.delete(name)  # deploy() names it as the endpoint, which may be deployed again
        self.endpoint_configs.create(request)

    def describe_endpoint_config(self, name: str) -> dict[str, Any]:
        """The configuration, shaped as the API's DescribeEndpointConfig."""
        return self.endpoint_configs.describe(name)

    def delete_endpoint_config(self, name: str) -> None:
        """Forget an endpoint configuration."""
        self.endpoint_configs.delete(name)

    def create_endpoint(self, request: Mapping[str, Any]) -> None:
        """Start an endpoint, shaped as the API's CreateEndpoint, and return while its model is still loading."""
        (variant,) = self.describe_endpoint_config(request["EndpointConfigName"])["ProductionVariants"]
        container = self.models.describe(variant["ModelName"])["PrimaryContainer"]
        port = serving_port(self.config, os.environ)
        self.endpoints.start(
            EndpointRequest(
                request["EndpointName"],
                self._archive(container["ModelDataUrl"]),
                variant["InstanceType"],
                container.get("Environment", {}),
                port,
                request["EndpointConfigName"],
            )
        )

    def invoke_endpoint_async(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Refused: raises UserError always."""
        raise UserError(
            f"endpoint {request['EndpointName']!r} of this machine answers at once: ask it with a Predictor, not with "
            f"an AsyncPredictor"
        )

    def update_endpoint(self, request: Mapping[str, Any]) -> None:
        """Refused: raises UserError always."""
        raise UserError(
            f"update_endpoint is not supported on this machine: delete endpoint {request['EndpointName']!r} and deploy "
            f"again"
        )

    def wait_for_endpoint(self, endpoint_name: str, seconds: float | None = None) -> None:
        """Wait until an endpoint answers.

        Args:
            seconds: None means the configuration's ContainerStartupHealthCheckTimeoutInSeconds, or 240.

        Raises:
            PlatformError: its server ended, or was not ready in time; it is Failed then.
        """
        config = self.endpoints.running(endpoint_name).config
        (variant,) = self.describe_endpoint_config(config)["ProductionVariants"] if config else ({},)
        startup = variant.get("ContainerStartupHealthCheckTimeoutInSeconds") or HEALTH_CHECK_SECONDS
        self.endpoints.wait(endpoint_name, seconds or startup)

    def describe_endpoint(self, endpoint_name: str) -> dict[str, Any]:
        """The endpoint, shaped as the API's DescribeEndpoint, with its EndpointUrl.

        It is Failed, with the last line of its log as FailureReason, where its server has ended.
        """
        return self.endpoints.describe(endpoint_name)

    def list_endpoints(self) -> list[dict[str, Any]]:
        """Every endpoint of this machine, also those that have failed, each as :meth:`describe_endpoint` has it."""
        return self.endpoints.descriptions()

    def endpoint_url(self, endpoint_name: str) -> str:
        """Such as http://127.0.0.1:8080; also good as ``endpoint_url`` of a boto3 client of "sagemaker-runtime"."""
        return self.endpoints.running(endpoint_name).url

    def delete_endpoint(self, endpoint_name: str) -> None:
        """Stop an endpoint's server and remove all that is kept of the endpoint."""
        self.endpoints.delete(endpoint_name)

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
    ) -> dict[str, Any]:
        """One request, named as the API's InvokeEndpoint is.

        Returns:
            ``{"Body": a binary stream, "ContentType": a media type}``.

        Raises:
            RequestError: the endpoint refused it; carries the HTTP status.
            PlatformError: the endpoint has ended, or gave no answer within 70 seconds, or its own deadline and 10 more.
        """
        targets = {
            "target_model": TargetModel,
            "target_variant": TargetVariant,
            "component_name": InferenceComponentName,
        }
        refuse_locally(targets)
        headers = {
            "Content-Type": ContentType,
            "Accept": Accept,
            "X-Amzn-SageMaker-Custom-Attributes": CustomAttributes,
            "X-Amzn-SageMaker-Inference-Id": InferenceId,
        }
        sent = {name: value for name, value in headers.items() if value is not None}
        answer = self.endpoints.invoke(EndpointName, Body, sent)
        if answer.status != 200:
            raise RequestError(answer.status, answer.message, answer.retry_after)
        return {"Body": io.BytesIO(answer.body), "ContentType": answer.content_type}

    def requests_in_flight(self, endpoint_name: str, wanted: int | None = None) -> int:
        """How many requests at a time make sense: as many as wanted, else as the endpoint asks for."""
        return self.endpoints.requests_in_flight(endpoint_name, wanted)

    def transform(self, request: Mapping[str, Any]) -> None:
        """Start a batch transform job and return at once; the request is shaped as the API's CreateTransformJob."""
        self.transform_jobs.start(request, self.models.describe(request["ModelName"]))

    def describe_transform_job(self, job_name: str) -> dict[str, Any]:
        """The job, shaped as the API's DescribeTransformJob; times are aware datetimes in UTC."""
        return self.transform_jobs.describe(job_name)

    def wait_for_transform_job(self, job_name: str, show_logs: bool) -> None:
        """Wait for a job's end, with a progress bar on terminals and in notebooks.

        Raises:
            PlatformError: the job failed.
        """
        self.transform_jobs.wait(job_name, show_logs)

    def stop_transform_job(self, job_name: str) -> None:
        """Ask a job to stop; the answers that are there are kept."""
        self.transform_jobs.stop(job_name)

    def tune(self, request: Mapping[str, Any]) -> None:
        """Start a tuning job and return at once; shaped as the API's CreateHyperParameterTuningJob."""
        self.tuning_jobs.start(request)

    def describe_tuning_job(self, job_name: str) -> dict[str, Any]:
        """The job, shaped as the API's DescribeHyperParameterTuningJob; times are aware datetimes in UTC."""
        return self.tuning_jobs.describe(job_name)

    def tuning_job_trials(self, job_name: str) -> list[dict[str, Any]]:
        """The training jobs of a tuning job, each shaped as the API's HyperParameterTrainingJobSummary."""
        return self.tuning_jobs.trials(job_name)

    def wait_for_tuning_job(self, job_name: str) -> None:
        """Wait for a job's end, with a line for each trial and a progress bar on terminals and in notebooks.

        Raises:
            PlatformError: the job failed.
        """
        self.tuning_jobs.wait(job_name)

    def stop_tuning_job(self, job_name: str) -> None:
        """Ask a job to stop its trial and start no other; what has ended is kept."""
        self.tuning_jobs.stop(job_name)

    def export_model(
        self,
        model_data: str | os.PathLike[str],
        path: str | os.PathLike[str],
        form: Form,
        channels: Sequence[Mapping[str, Any]],
        logs: bool,
    ) -> ExportReport:
        """Writes an archive of a model that has an exported form beside its parameters.

        Args:
            model_data: a path, file:// or s3:// URI of a model.tar.gz.
            path: a folder, or a file name that ends in .tar.gz.
            channels: shaped as the API's InputDataConfig.
            logs: whether to show what is done.

        Raises:
            UserError, ModelError, PlatformError: as of :meth:`semseg.local.export.exports.Exports.run`.
        """
        return self.exports.run(ExportRequest(model_data, target_at(path), form, channels), logs)

    def export_job(
        self, job: Mapping[str, Any], form: Form, path: str | os.PathLike[str] | None, logs: bool
    ) -> ExportReport:
        """Writes an archive of a job's model that has an exported form, made from the job's own channels.

        Args:
            job: shaped as the API's DescribeTrainingJob.
            path: as of :meth:`export_model`; None means the job's folder.
        """
        return self.exports.of_job(job, form, path, logs)

    def archive_to_serve(self, job: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
        """Returns an archive with an int8 form where the server's variables ask for one; it is made if need be."""
        if environment.get(PRECISION.name) == INT8:
            return self.exports.with_int8(job, show_log=True)
        return None

    def register(self, request: Mapping[str, Any]) -> str:
        """Refused: raises UserError always."""
        raise UserError("register needs SageMaker: a LocalSession has this machine alone, give a Session()")

    def _archive(self, location: str) -> str | os.PathLike[str]:
        """Where a model archive lies on this machine; from S3 it is downloaded once."""
        if not is_s3(location):
            return location
        uri = S3Uri.parse("model_data", location)
        stored = self.objects.find(uri)
        if stored is None:
            raise ModelError(f"model_data must be a model.tar.gz that exists, got {location!r}")
        (archive,) = Downloads(self.home.downloads, self.objects).fetch([stored])
        return archive

    def _report_end(self, job_name: str, show_logs: bool) -> None:
        description = self.describe_training_job(job_name)
        status = description["TrainingJobStatus"]
        if status == "Failed":
            raise TrainingError(f"Error for Training job {job_name}: Failed. Reason: {description['FailureReason']}")
        if status == "Stopped":
            logger.warning(
                "Training job %s was stopped before its last epoch: %s", job_name, description["SecondaryStatus"]
            )
        if show_logs:
            print(f"Training seconds: {description.get('TrainingTimeInSeconds', 0)}")
            print(f"Billable seconds: {description.get('BillableTimeInSeconds', 0)}", flush=True)


def _follow(follower: LogFollower, job_name: str, show_logs: bool) -> None:
    with contextlib.closing(ProgressBar(job_name)) as bar:
        for line in follower.lines():
            bar.feed(line)
            if show_logs:
                bar.print(line)
