"""Estimator: a training job, told what to train and on what.

Source of names, order and defaults: the SageMaker Python SDK v2 (2.257.7), ``sagemaker.estimator``.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from typing import Any

from semseg.analytics import TrainingJobAnalytics
from semseg.contract.channels import check_channels
from semseg.contract.hyperparameters import Hyperparameters, check_name
from semseg.contract.names import DEFAULT_BASE_NAME, name_from_base
from semseg.deserializers import BaseDeserializer
from semseg.errors import UserError
from semseg.inputs import Inputs, TrainingInput, input_data_config
from semseg.local import LocalSession
from semseg.local.limits import check_instance, refuse
from semseg.local.renamed import from_v1
from semseg.model import Model
from semseg.serializers import BaseSerializer
from semseg.training_job import Logs, TrainingJob, shows_logs

IMAGE = "semantic-segmentation:1"
MODEL_CONTENT_TYPE = "application/x-sagemaker-model"


class Estimator:
    """Trains the built-in semantic segmentation algorithm, and deploys what it trained.

    Args:
        image_uri: without meaning on this machine, as there is one algorithm.
        role: without meaning on this machine.
        instance_count: 1 or None.
        instance_type: "local" (the processor) or "local_gpu".
        max_run: seconds after which the job is stopped and its best model kept.
        output_path: path or file:// URI of a folder, where the model becomes ``<job name>/output/model.tar.gz``.
            None keeps it with the job.
        base_job_name: what job names begin with; None means "semantic-segmentation".
        sagemaker_session: None means a LocalSession.
        hyperparameters: what :meth:`set_hyperparameters` would be given.
        model_uri: path or file:// URI of an earlier ``model.tar.gz`` that training goes on from.
        model_channel_name: the channel for it, "model".
        environment: environment variables of the training process.
        renamed: names of the SageMaker Python SDK v1, such as ``train_instance_type``; each warns.

    Parameters about hardware, money, accounts or the network are taken and have no meaning on this machine:
    ``keep_alive_period_in_seconds``, ``volume_size``, ``volume_kms_key``, ``output_kms_key``, ``tags``, ``subnets``,
    ``security_group_ids``, ``encrypt_inter_container_traffic``, ``use_spot_instances``, ``max_wait``,
    ``enable_network_isolation``, ``enable_sagemaker_metrics``, ``disable_profiler``, ``max_retry_attempts``,
    ``container_log_level``, ``training_repository_access_mode``, ``training_repository_credentials_provider_arn``,
    ``enable_infra_check``, ``enable_remote_debug``, ``enable_session_tag_chaining``, ``training_plan`` and
    ``instance_placement_config``. All others would change what runs, and are refused.

    Raises:
        UserError: a parameter is refused.
        HyperparameterError: there is no hyperparameter of one of these names.
        TypeError: there is no parameter of one of these names.
    """

    def __init__(
        self,
        image_uri: str | None = None,
        role: str | None = None,
        instance_count: int | None = None,
        instance_type: str | None = None,
        keep_alive_period_in_seconds: int | None = None,
        volume_size: int = 30,
        volume_kms_key: str | None = None,
        max_run: int = 24 * 60 * 60,
        input_mode: str = "File",
        output_path: str | os.PathLike[str] | None = None,
        output_kms_key: str | None = None,
        base_job_name: str | None = None,
        sagemaker_session: LocalSession | None = None,
        hyperparameters: Mapping[str, Any] | None = None,
        tags: Any = None,
        subnets: list[str] | None = None,
        security_group_ids: list[str] | None = None,
        model_uri: str | os.PathLike[str] | None = None,
        model_channel_name: str = "model",
        metric_definitions: list[dict[str, str]] | None = None,
        encrypt_inter_container_traffic: bool | None = None,
        use_spot_instances: bool = False,
        max_wait: int | None = None,
        checkpoint_s3_uri: str | None = None,
        checkpoint_local_path: str | None = None,
        enable_network_isolation: bool | None = None,
        rules: list[Any] | None = None,
        debugger_hook_config: Any = None,
        tensorboard_output_config: Any = None,
        enable_sagemaker_metrics: bool | None = None,
        profiler_config: Any = None,
        disable_profiler: bool = False,
        environment: Mapping[str, str] | None = None,
        max_retry_attempts: int | None = None,
        source_dir: str | None = None,
        git_config: Mapping[str, str] | None = None,
        container_log_level: int = 20,
        code_location: str | None = None,
        entry_point: str | None = None,
        dependencies: list[str] | None = None,
        instance_groups: list[Any] | None = None,
        training_repository_access_mode: str | None = None,
        training_repository_credentials_provider_arn: str | None = None,
        container_entry_point: list[str] | None = None,
        container_arguments: list[str] | None = None,
        disable_output_compression: bool = False,
        enable_infra_check: bool | None = None,
        enable_remote_debug: bool | None = None,
        enable_session_tag_chaining: bool | None = None,
        training_plan: str | None = None,
        instance_placement_config: Mapping[str, Any] | None = None,
        **renamed: Any,
    ) -> None:
        now = from_v1(renamed, list(inspect.signature(Estimator).parameters)[:-1])
        refuse(
            {
                "input_mode": input_mode if input_mode != "File" else None,
                "metric_definitions": metric_definitions,
                "checkpoint_s3_uri": checkpoint_s3_uri,
                "checkpoint_local_path": checkpoint_local_path,
                "rules": rules,
                "debugger_hook_config": debugger_hook_config,
                "tensorboard_output_config": tensorboard_output_config,
                "profiler_config": profiler_config,
                "source_dir": source_dir,
                "git_config": git_config,
                "code_location": code_location,
                "entry_point": entry_point,
                "dependencies": dependencies,
                "instance_groups": instance_groups,
                "container_entry_point": container_entry_point,
                "container_arguments": container_arguments,
                "disable_output_compression": disable_output_compression,
            }
        )
        self.image_uri = now.get("image_uri", image_uri)
        self.role = role
        self.instance_count = now.get("instance_count", instance_count)
        self.instance_type = now.get("instance_type", instance_type)
        check_instance(self.instance_type, self.instance_count)
        self.volume_size = now.get("volume_size", volume_size)
        self.max_run = _checked_max_run(now.get("max_run", max_run))
        self.input_mode = input_mode
        self.output_path = output_path
        self.base_job_name = base_job_name
        self.sagemaker_session = sagemaker_session or LocalSession()
        self.tags = tags
        self.model_uri = model_uri
        self.model_channel_name = model_channel_name
        self.environment = _checked_environment(environment)
        self.deploy_instance_type: str | None = None
        self.latest_training_job: TrainingJob | None = None
        self.jobs: list[TrainingJob] = []
        self._hyperparameters: dict[str, Any] = {}
        self.set_hyperparameters(**(hyperparameters or {}))

    def set_hyperparameters(self, **hyperparameters: Any) -> None:
        """Add to the hyperparameters, or change some; their values are checked when a job starts.

        Raises:
            HyperparameterError: there is no hyperparameter of one of these names.
        """
        for name in hyperparameters:
            check_name(name)
        self._hyperparameters.update(hyperparameters)

    def hyperparameters(self) -> dict[str, Any]:
        """What was set, as it was set; the defaults are not in it."""
        return dict(self._hyperparameters)

    def fit(
        self,
        inputs: Inputs = None,
        wait: bool = True,
        logs: Logs = "All",
        job_name: str | None = None,
        experiment_config: Mapping[str, str] | None = None,
    ) -> None:
        """Train.

        Args:
            inputs: for each channel a path, a file:// URI or a TrainingInput: "train", "train_annotation",
                "validation", "validation_annotation" and, if need be, "label_map".
            wait: whether to wait for the job's end; it goes on in any case if this process ends.
            logs: whether to print the job's log: a bool, "All" or "None".
            job_name: None makes one up.
            experiment_config: written down with the job.

        Raises:
            HyperparameterError, ChannelError, UserError: before anything is started.
            TrainingError: the job failed.
        """
        show_logs = shows_logs(logs)
        request = self.training_request(inputs, job_name or name_from_base(self.base_job_name or DEFAULT_BASE_NAME))
        if experiment_config:
            request["ExperimentConfig"] = dict(experiment_config)
        self.sagemaker_session.train(request)
        self.latest_training_job = TrainingJob(self.sagemaker_session, request["TrainingJobName"])
        self.jobs.append(self.latest_training_job)
        if wait:
            self.latest_training_job.wait(show_logs)

    @classmethod
    def attach(
        cls, training_job_name: str, sagemaker_session: LocalSession | None = None, model_channel_name: str = "model"
    ) -> Estimator:
        """The estimator of a job that was started before, perhaps by another process; waits for the job's end.

        Raises:
            UserError: there is no such job.
            TrainingError: the job failed.
        """
        session = sagemaker_session or LocalSession()
        job = session.describe_training_job(training_job_name)
        models = [channel for channel in job["InputDataConfig"] if channel["ChannelName"] == model_channel_name]
        estimator = cls(
            image_uri=job["AlgorithmSpecification"]["TrainingImage"],
            role=job["RoleArn"],
            instance_count=job["ResourceConfig"]["InstanceCount"],
            instance_type=job["ResourceConfig"]["InstanceType"],
            max_run=job["StoppingCondition"]["MaxRuntimeInSeconds"],
            output_path=job["OutputDataConfig"]["S3OutputPath"],
            sagemaker_session=session,
            hyperparameters=job["HyperParameters"],
            model_uri=models[0]["DataSource"]["S3DataSource"]["S3Uri"] if models else None,
            model_channel_name=model_channel_name,
            environment=job["Environment"],
        )
        estimator.latest_training_job = TrainingJob(session, training_job_name)
        estimator.jobs.append(estimator.latest_training_job)
        estimator.latest_training_job.wait(logs=False)
        return estimator

    def logs(self) -> None:
        """Print the log of the latest job, and go on until its end."""
        self.sagemaker_session.logs_for_job(self._latest_job().name)

    @property
    def model_data(self) -> str:
        """The file:// URI of the latest job's ``model.tar.gz``.

        Raises:
            UserError: there is none (yet).
        """
        job = self._latest_job().describe()
        if "ModelArtifacts" not in job:
            raise UserError(
                f"training job {job['TrainingJobName']} has no model to give: it is {job['TrainingJobStatus']}"
            )
        return str(job["ModelArtifacts"]["S3ModelArtifacts"])

    @property
    def training_job_analytics(self) -> TrainingJobAnalytics:
        """The metrics of the latest job."""
        return TrainingJobAnalytics(self._latest_job().name, sagemaker_session=self.sagemaker_session)

    def training_image_uri(self) -> str:
        """The image that was given, else the name of the built-in one; no image runs on this machine."""
        return self.image_uri or IMAGE

    def create_model(
        self,
        role: str | None = None,
        image_uri: str | None = None,
        predictor_cls: Callable[[str, LocalSession], Any] | None = None,
        env: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> Model:
        """The latest job's model, ready to be deployed."""
        return Model(
            image_uri=image_uri or self.training_image_uri(),
            model_data=self.model_data,
            role=role or self.role,
            predictor_cls=predictor_cls,
            env=env,
            name=name,
            sagemaker_session=self.sagemaker_session,
        )

    def deploy(
        self,
        initial_instance_count: int | None = None,
        instance_type: str | None = None,
        serializer: BaseSerializer | None = None,
        deserializer: BaseDeserializer | None = None,
        accelerator_type: str | None = None,
        endpoint_name: str | None = None,
        use_compiled_model: bool = False,
        wait: bool = True,
        model_name: str | None = None,
        kms_key: str | None = None,
        data_capture_config: Any = None,
        tags: Any = None,
        serverless_inference_config: Any = None,
        async_inference_config: Any = None,
        volume_size: int | None = None,
        model_data_download_timeout: int | None = None,
        container_startup_health_check_timeout: int | None = None,
        inference_recommendation_id: str | None = None,
        explainer_config: Any = None,
    ) -> Any:
        """Deploy the latest job's model; see :meth:`semseg.model.Model.deploy`.

        Args:
            endpoint_name: None makes one up from ``base_job_name``.
            use_compiled_model: refused.
            model_name: what the endpoint's name begins with where none is given.

        Returns:
            A Predictor: image in, mask out.
        """
        refuse({"use_compiled_model": use_compiled_model})
        model = self.create_model(name=model_name or self.base_job_name)
        return model.deploy(
            initial_instance_count=initial_instance_count,
            instance_type=instance_type,
            serializer=serializer,
            deserializer=deserializer,
            accelerator_type=accelerator_type,
            endpoint_name=endpoint_name,
            tags=tags,
            kms_key=kms_key,
            wait=wait,
            data_capture_config=data_capture_config,
            async_inference_config=async_inference_config,
            serverless_inference_config=serverless_inference_config,
            volume_size=volume_size,
            model_data_download_timeout=model_data_download_timeout,
            container_startup_health_check_timeout=container_startup_health_check_timeout,
            inference_recommendation_id=inference_recommendation_id,
            explainer_config=explainer_config,
        )

    def delete_endpoint(self) -> None:
        """Gone since the SageMaker Python SDK v2: an estimator can deploy many endpoints.

        Raises:
            UserError: always.
        """
        raise UserError("an estimator does not delete endpoints: call delete_endpoint() of the predictor")

    def training_request(self, inputs: Inputs, job_name: str) -> dict[str, Any]:
        """The job, shaped as the SageMaker API's CreateTrainingJob; its hyperparameters and channels are checked."""
        hyperparameters = {name: str(value) for name, value in self._hyperparameters.items()}
        Hyperparameters.from_strings(hyperparameters)
        channels = input_data_config(inputs)
        if self.model_uri is not None:
            model = TrainingInput(self.model_uri, content_type=MODEL_CONTENT_TYPE, input_mode="File")
            channels.append({"ChannelName": self.model_channel_name, **model.config})
        check_channels([channel["ChannelName"] for channel in channels])
        return {
            "TrainingJobName": job_name,
            "RoleArn": self.role,
            "AlgorithmSpecification": {
                "TrainingImage": self.training_image_uri(),
                "TrainingInputMode": self.input_mode,
            },
            "HyperParameters": hyperparameters,
            "InputDataConfig": channels,
            "OutputDataConfig": {} if self.output_path is None else {"S3OutputPath": os.fspath(self.output_path)},
            "ResourceConfig": {
                "InstanceType": self.instance_type,
                "InstanceCount": 1,
                "VolumeSizeInGB": self.volume_size,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": self.max_run},
            "Environment": self.environment,
        }

    def _latest_job(self) -> TrainingJob:
        if self.latest_training_job is None:
            raise UserError(
                "the estimator has no training job yet: call fit(), or Estimator.attach() with a job's name"
            )
        return self.latest_training_job


def _checked_max_run(max_run: Any) -> int:
    if isinstance(max_run, bool) or not isinstance(max_run, int) or max_run < 1:
        raise UserError(f"max_run must be a whole number of seconds, at least 1, got {max_run!r}")
    return max_run


def _checked_environment(environment: Mapping[str, str] | None) -> dict[str, str]:
    for name, value in (environment or {}).items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise UserError(f"environment must map strings to strings, got {name!r}: {value!r}")
    return dict(environment or {})
