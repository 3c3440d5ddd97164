"""LocalSession: what an Estimator, a Model and a Predictor ask for, done on this machine."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from semseg.api.local_refusals import (
    check_endpoint_config,
    check_instance,
    check_model,
    check_training_request,
    refuse_locally,
)
from semseg.api.shown import shown
from semseg.api.side import OneSide
from semseg.archive.export_report import ExportReport
from semseg.contract.environment import without_token
from semseg.contract.exported_forms import Form
from semseg.contract.form_wish import FormWish
from semseg.contract.job_progress import JobProgress
from semseg.contract.metric_lines import Metric
from semseg.contract.prediction_request import PredictionAnswer, PredictionRequest
from semseg.errors import RequestError, UserError
from semseg.local.commands import OURS, Commands
from semseg.local.endpoint.endpoints import HEALTH_CHECK_SECONDS, EndpointRequest
from semseg.local.endpoint.port import serving_port
from semseg.local.evaluation.evaluations import EvaluationRequest
from semseg.local.evaluation.opened_model import ModelToOpen
from semseg.local.export.archives import target_at
from semseg.local.export.exports import ExportRequest
from semseg.local.files.fetched_results import fetched_results
from semseg.local.files.locations import local_archive
from semseg.local.inventory import Inventory
from semseg.local.jobs.home import Home
from semseg.local.training.device_check import Devices, check_device
from semseg.local.training.metrics import read_metrics
from semseg.local.training.watch import read_progress
from semseg.machine.posix import check_posix
from semseg.plumbing.teller import Bar

IMAGE = "semantic-segmentation:1"


class LocalSession(OneSide, Inventory):
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

    def __repr__(self) -> str:
        return shown(self, lambda: f"at {self.home.root}")

    @classmethod
    def at(cls, home: Home, commands: Commands = OURS) -> LocalSession:
        """Returns a session that keeps all it knows in this home, and starts these commands for its work."""
        session = cls()
        session._work_in(home, commands)
        return session

    def for_instance(self, instance_type: str | None) -> LocalSession:
        """Returns this session, which is the machine of "local" and "local_gpu".

        Raises:
            UserError: this machine is not of this type.
            PlatformError: its system runs no jobs and no endpoints.
        """
        check_instance(instance_type, 1)
        check_posix()
        return self

    def train(self, request: Mapping[str, Any]) -> None:
        """Starts a training job and returns at once; the request is shaped as the API's CreateTrainingJob."""
        check_training_request(request)
        check_device(request["ResourceConfig"]["InstanceType"], request["HyperParameters"], Devices.here())
        self.jobs.start(request)

    def describe_training_job(self, job_name: str) -> dict[str, Any]:
        """Returns the job, shaped as the API's DescribeTrainingJob; times are aware datetimes in UTC."""
        return self.jobs.describe(job_name)

    def training_job_tags(self, job: Mapping[str, Any]) -> list[dict[str, str]]:
        """Returns the tags of a job, which is shaped as the API's DescribeTrainingJob."""
        return list(job.get("Tags", []))

    def training_job_metrics(self, job_name: str, period: int | None = None) -> list[Metric]:
        """Returns every value of every metric in the job's log, in the log's order; ``period`` has no meaning here."""
        return read_metrics(self.jobs.folder(job_name).log)

    def resume_training_job(self, job_name: str, epochs: int | None = None) -> None:
        """Starts a job that has ended again, and returns at once: it goes on from its newest whole checkpoint.

        Its name, folder, log and request stay, and the time of its max_run begins anew. A job that has no checkpoint
        begins anew, which is told.

        Args:
            epochs: how many it is to train in all; None means as many as before. A completed job needs more of them.

        Raises:
            UserError: there is no such job, it runs, or there is nothing to be done for so many epochs.
            ChannelError: its data is no longer where it was.
        """
        self.jobs.resume(job_name, epochs)

    def training_job_results(self, job_name: str) -> str:
        """Returns the folder with what a job has written into its output/data so far."""
        return str(self.jobs.folder(job_name).output_data)

    def training_job_progress(self, job_name: str) -> JobProgress | None:
        """Returns what a job is and how far it came; None where its process has not told."""
        return read_progress(self.jobs.folder(job_name))

    def fetched_results(self, job_name: str, location: str) -> Path:
        """Returns a folder of this machine with the files of the output/data of a job that ran on SageMaker.

        Args:
            location: the folder in S3 that has the job's ``output.tar.gz``.

        Raises:
            UserError: there is no such object, or it may not be read.
            PlatformError: it is no whole archive, or there is no room for its files.
        """
        return fetched_results(job_name, location, self, self.home)

    def training_job_started(self, job_name: str) -> str:
        """Returns the sentences for whoever does not wait for a job: where it runs, how to follow and to stop it."""
        found = f'Estimator.attach("{job_name}", wait=False)'
        return (
            f"Training job {job_name} runs in {self.jobs.folder(job_name).root}. "
            f"Follow it with logs(), stop it with latest_training_job.stop(), of this estimator or of {found}."
        )

    def stop_training_job(self, job_name: str) -> None:
        """Asks a job to stop; its best model so far is kept."""
        self.jobs.stop(job_name)

    def wait_for_job(self, job_name: str, show_logs: bool) -> None:
        """Waits for a job's end, and shows how far it is; with ``show_logs`` also its epochs, as a table.

        Ctrl-C asks the job to stop and waits for its clean end before it goes on.

        Raises:
            TrainingError: the job failed.
        """
        if show_logs:
            self.jobs.wait_with_table(job_name)
        else:
            self.jobs.wait(job_name)

    def logs_for_job(
        self, job_name: str, wait: bool = False, poll: int = 10, log_type: str = "All", timeout: int | None = None
    ) -> None:
        """Shows the job's log, and with ``wait`` goes on until its end; the others have no meaning on this machine."""
        if wait:
            self.jobs.wait(job_name, show_logs=True)
        else:
            self.jobs.show_log(job_name)

    def algorithm_image(self) -> str:
        """Returns a name for the algorithm, which is no image on this machine."""
        return IMAGE

    def create_model(self, request: Mapping[str, Any], for_endpoint: bool = False) -> None:
        """Keeps a model, shaped as the API's CreateModel; its archive stays where it is.

        Args:
            for_endpoint: it goes with the endpoint that it is made for; see :meth:`forget_deploy`.
        """
        check_model(request)
        self.models.create(request, for_endpoint)

    def describe_model(self, name: str) -> dict[str, Any]:
        """Returns the model, shaped as the API's DescribeModel; a token in its environment is shown as ``***``."""
        model = self.models.describe(name)
        container = model["PrimaryContainer"]
        shown = {"Environment": without_token(container["Environment"])} if container.get("Environment") else {}
        return {**model, "PrimaryContainer": {**container, **shown}}

    def delete_model(self, name: str) -> None:
        """Removes a model; its archive stays."""
        self.models.delete(name)

    def check_endpoint_config(self, request: Mapping[str, Any]) -> None:
        """Refuses a configuration that asks for more than one server of this machine."""
        check_endpoint_config(request)

    def create_endpoint_config(self, request: Mapping[str, Any]) -> None:
        """Keeps what an endpoint is to be, shaped as the API's CreateEndpointConfig."""
        check_endpoint_config(request)
        name = request["EndpointConfigName"]
        if name in self.endpoint_configs.names() and self.endpoints.has_failed(name):
            earlier = self._models_of(name)
            self.endpoint_configs.delete(name)  # deploy() names it as the endpoint, which may be deployed again
            self._forget_models(earlier, [variant["ModelName"] for variant in request["ProductionVariants"]])
        self.endpoint_configs.create(request)

    def describe_endpoint_config(self, name: str) -> dict[str, Any]:
        """Returns the configuration, shaped as the API's DescribeEndpointConfig."""
        return self.endpoint_configs.describe(name)

    def delete_endpoint_config(self, name: str) -> None:
        """Removes an endpoint configuration."""
        self.endpoint_configs.delete(name)

    def create_endpoint(self, request: Mapping[str, Any]) -> None:
        """Starts an endpoint, shaped as the API's CreateEndpoint, and returns while its model is still loading."""
        (variant,) = self.describe_endpoint_config(request["EndpointConfigName"])["ProductionVariants"]
        container = self.models.describe(variant["ModelName"])["PrimaryContainer"]
        port = serving_port(self.config, os.environ)
        self.endpoints.start(
            EndpointRequest(
                request["EndpointName"],
                local_archive("model_data", container["ModelDataUrl"], self, self.home),
                variant["InstanceType"],
                container.get("Environment", {}),
                port,
                request["EndpointConfigName"],
            )
        )

    def invoke_endpoint_async(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Raises UserError always: it is not done on this machine."""
        raise UserError(
            f"endpoint {request['EndpointName']!r} of this machine answers at once: ask it with a Predictor, not with "
            f"an AsyncPredictor"
        )

    def update_endpoint(self, request: Mapping[str, Any]) -> None:
        """Raises UserError always: it is not done on this machine."""
        raise UserError(
            f"update_endpoint is not supported on this machine: delete endpoint {request['EndpointName']!r} and deploy "
            f"again"
        )

    def wait_for_endpoint(self, endpoint_name: str, seconds: float | None = None) -> None:
        """Waits until an endpoint answers.

        Args:
            seconds: None means the configuration's ContainerStartupHealthCheckTimeoutInSeconds, or 240.

        Raises:
            PlatformError: its server ended, or was not ready in time; it is Failed then.
        """
        config = self.endpoints.running(endpoint_name).config
        (variant,) = self.describe_endpoint_config(config)["ProductionVariants"] if config else ({},)
        startup = variant.get("ContainerStartupHealthCheckTimeoutInSeconds") or HEALTH_CHECK_SECONDS
        self.endpoints.wait(endpoint_name, seconds or startup, self.teller)

    def describe_endpoint(self, endpoint_name: str) -> dict[str, Any]:
        """Returns the endpoint, shaped as the API's DescribeEndpoint, with its EndpointUrl.

        It is Failed, with the last line of its log as FailureReason, where its server has ended.
        """
        return self.endpoints.describe(endpoint_name)

    def endpoint_url(self, endpoint_name: str) -> str:
        """Returns the endpoint\'s address, such as http://127.0.0.1:8080.

        It is also good as ``endpoint_url`` of a boto3 client of "sagemaker-runtime".
        """
        return self.endpoints.running(endpoint_name).url

    def delete_endpoint(self, endpoint_name: str) -> None:
        """Stops an endpoint's server and removes all that is kept of the endpoint."""
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
        """Sends one request, named as the API's InvokeEndpoint is.

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
        """Returns how many requests at a time make sense: as many as wanted, else as the endpoint asks for."""
        return self.endpoints.requests_in_flight(endpoint_name, wanted)

    def transform(self, request: Mapping[str, Any]) -> None:
        """Starts a batch transform job and returns at once; the request is shaped as the API's CreateTransformJob."""
        self.transform_jobs.start(request, self.models.describe(request["ModelName"]))

    def describe_transform_job(self, job_name: str) -> dict[str, Any]:
        """Returns the job, shaped as the API's DescribeTransformJob; times are aware datetimes in UTC."""
        return self.transform_jobs.describe(job_name)

    def wait_for_transform_job(self, job_name: str, show_logs: bool) -> None:
        """Waits for a job's end, and shows how far it is.

        Raises:
            PlatformError: the job failed.
        """
        self.transform_jobs.wait(job_name, show_logs)

    def stop_transform_job(self, job_name: str) -> None:
        """Asks a job to stop; the answers that are there are kept."""
        self.transform_jobs.stop(job_name)

    def tune(self, request: Mapping[str, Any]) -> None:
        """Starts a tuning job and returns at once; shaped as the API's CreateHyperParameterTuningJob."""
        self.tuning_jobs.start(request)

    def describe_tuning_job(self, job_name: str) -> dict[str, Any]:
        """Returns the job, shaped as the API's DescribeHyperParameterTuningJob; times are aware datetimes in UTC."""
        return self.tuning_jobs.describe(job_name)

    def tuning_job_trials(self, job_name: str) -> list[dict[str, Any]]:
        """Returns the training jobs of a tuning job, each shaped as the API's HyperParameterTrainingJobSummary."""
        return self.tuning_jobs.trials(job_name)

    def wait_for_tuning_job(self, job_name: str) -> None:
        """Waits for a job's end, and shows how far it is, with a line for each trial.

        Raises:
            PlatformError: the job failed.
        """
        self.tuning_jobs.wait(job_name)

    def stop_tuning_job(self, job_name: str) -> None:
        """Asks a job to stop its trial and to start no other; what has ended is kept."""
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

    def evaluate_model(self, request: EvaluationRequest, bar: Bar) -> Path:
        """Scores a model on labelled pictures, and returns the folder of the files.

        Args:
            bar: counts the pictures.

        Raises:
            UserError, ModelError, PlatformError: as of :meth:`semseg.local.evaluation.evaluations.Evaluations.run`.
        """
        return self.evaluations.run(request, bar)

    def predict_pictures(self, model: ModelToOpen, request: PredictionRequest, bar: Bar) -> PredictionAnswer:
        """Writes the masks of pictures and videos, and returns what was written.

        Args:
            bar: counts the pictures.

        Raises:
            UserError, ModelError, PlatformError: as of
                :meth:`semseg.local.evaluation.predictions.PicturePredictions.run`.
        """
        return self.picture_predictions.run(model, request, bar)

    def try_learning_rates(self, request: Mapping[str, Any], bar: Bar) -> dict[str, Any]:
        """Trains at growing learning rates from where a job would begin, and returns the curve as a JSON object.

        Args:
            request: shaped as the API's CreateTrainingJob.
            bar: counts the steps.

        Raises:
            UserError, ChannelError, ModelError, PlatformError: as of
                :meth:`semseg.local.evaluation.range_tests.RangeTests.run`.
        """
        check_training_request(request)
        check_device(request["ResourceConfig"]["InstanceType"], request["HyperParameters"], Devices.here())
        return self.range_tests.run(request, bar)

    def archive_to_serve(self, job: Mapping[str, Any], environment: Mapping[str, str]) -> str | None:
        """Returns an archive with the form that the server's variables ask for; None where the job's own will do. The
        form is made if need be.
        """
        wish = FormWish.from_environment(environment)
        return self.exports.with_form(job, wish, show_log=True) if wish.needs_form else None

    def register(self, request: Mapping[str, Any]) -> str:
        """Raises UserError always: it is not done on this machine."""
        raise UserError("register needs SageMaker: a LocalSession has this machine alone, give a Session()")
