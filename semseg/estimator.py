"""Estimator: trains the algorithm on given channels, and deploys what it trained.

Source of names, order and defaults: the SageMaker Python SDK v2 (2.257.7), ``sagemaker.estimator``.
"""

from __future__ import annotations

import inspect
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from semseg.analytics import TrainingJobAnalytics
from semseg.api.arguments import check_count, check_flag, check_text, checked_strings, what_it_is
from semseg.api.distribution import check_distribution, check_training_instances
from semseg.api.names import DEFAULT_BASE_NAME, check_name, name_from_base, start_named
from semseg.api.refusals import refuse
from semseg.api.sdk_v1_names import from_v1
from semseg.api.shapes import Answer, Request, Settings, Tags, tag_list, vpc_config
from semseg.api.shown import shown
from semseg.archive.export_report import ExportReport
from semseg.contract.channels import VALIDATION
from semseg.contract.echoed import echoed
from semseg.contract.exported_forms import FP32, Form
from semseg.contract.hyperparameters import check_values
from semseg.contract.processes import check_processor
from semseg.contract.resource_config import LOCAL, LOCAL_TYPES
from semseg.contract.tensorboard import events_location
from semseg.deserializers import BaseDeserializer
from semseg.errors import UserError
from semseg.inputs import Inputs
from semseg.job import NO_JOB, Logs, TrainingJob, job_words, shows_logs
from semseg.job_results import evaluation_of, report_of
from semseg.learning_rates import tried_learning_rates
from semseg.machine.facts import usable_cores
from semseg.model import NO_CODE, Model, ModelPackage, PredictorClass
from semseg.model_evaluation import Evaluated, evaluate
from semseg.serializers import BaseSerializer
from semseg.session import AnySession, session_or_new
from semseg.training_request import check_retries, check_times, settings_of, training_request
from semseg.transformer import Transformer

if TYPE_CHECKING:
    from semseg.results.evaluation import Evaluation
    from semseg.results.learning_rate_curve import LearningRateCurve

OF_THE_JOB = "VPC_CONFIG_DEFAULT"


class Estimator:
    """Trains the built-in semantic segmentation algorithm, and deploys what it trained.

    Args:
        image_uri: None means the built-in algorithm's in the session's region; without meaning on this machine.
        role: ARN or name of the role that a managed job runs as; without meaning on this machine.
        instance_count: how many machines train; None means 1. On the processor of this machine, as many processes.
            On SageMaker with an image of your own; the built-in algorithm trains on one machine.
        instance_type: "local" (the processor), "local_gpu", or one of SageMaker's, such as "ml.p3.2xlarge".
        volume_size: gigabytes of disk.
        max_run: seconds after which the job is stopped and its best model kept.
        input_mode: "File", "FastFile" or "Pipe".
        output_path: where the model becomes ``<job name>/output/model.tar.gz``: an s3:// URI; on this machine also a
            path or file:// URI of a folder. None means the session's default bucket, and on this machine with the job.
        base_job_name: what job names begin with; None means "semantic-segmentation".
        sagemaker_session: None means a Session.
        hyperparameters: what :meth:`set_hyperparameters` would be given.
        tags: ``[{"Key": ..., "Value": ...}]`` or a dictionary.
        subnets, security_group_ids: both or neither.
        model_uri: an earlier ``model.tar.gz`` that training goes on from.
        model_channel_name: the channel for it, "model".
        metric_definitions: for an image of your own; those of the built-in algorithm are fixed.
        use_spot_instances: needs ``max_wait``, in seconds and at least ``max_run``.
        checkpoint_s3_uri, checkpoint_local_path: where checkpoints go, and where the job writes them.
        environment: environment variables of the training process.
        tensorboard_output_config: a TensorBoardOutputConfig, or the API's: where events go that TensorBoard shows, of
            losses, rates, scores and a few validation pictures.
        distribution: of the SDK's Framework estimators, ``{"torch_distributed": {"enabled": True}}``; it may be left
            out, as our image starts a process for each GPU of each machine by itself.
        renamed: names of the SageMaker Python SDK v1, such as ``train_instance_type``; each warns.

    The others go into the API's CreateTrainingJob as they are; those about hardware, money, accounts or the network
    have no meaning on this machine. Those for code of one's own and for the debugger are refused: ``rules``,
    ``debugger_hook_config``, ``profiler_config``, ``source_dir``, ``git_config``, ``code_location``, ``entry_point``,
    ``dependencies``, ``instance_groups`` and ``container_log_level``.

    Raises:
        UserError: a parameter is refused, or an old name is given beside its new one.
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
        sagemaker_session: AnySession | None = None,
        hyperparameters: Mapping[str, object] | None = None,
        tags: Tags = None,
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
        rules: list[object] | None = None,
        debugger_hook_config: object = None,
        tensorboard_output_config: Settings = None,
        enable_sagemaker_metrics: bool | None = None,
        profiler_config: object = None,
        disable_profiler: bool = False,
        environment: Mapping[str, str] | None = None,
        max_retry_attempts: int | None = None,
        source_dir: str | None = None,
        git_config: Mapping[str, str] | None = None,
        container_log_level: int = logging.INFO,
        code_location: str | None = None,
        entry_point: str | None = None,
        dependencies: list[str] | None = None,
        instance_groups: list[object] | None = None,
        training_repository_access_mode: str | None = None,
        training_repository_credentials_provider_arn: str | None = None,
        container_entry_point: list[str] | None = None,
        container_arguments: list[str] | None = None,
        disable_output_compression: bool = False,
        enable_infra_check: bool | None = None,
        enable_remote_debug: bool | None = None,
        enable_session_tag_chaining: bool | None = None,
        training_plan: str | None = None,
        instance_placement_config: Request | None = None,
        distribution: Mapping[str, Any] | None = None,
        **renamed: Any,
    ) -> None:
        now = from_v1(
            renamed,
            {
                "image_uri": image_uri,
                "instance_count": instance_count,
                "instance_type": instance_type,
                "volume_size": volume_size,
                "volume_kms_key": volume_kms_key,
                "max_run": max_run,
                "max_wait": max_wait,
                "use_spot_instances": use_spot_instances,
            },
            DEFAULTS,
        )
        refuse(
            {
                "rules": rules,
                "debugger_hook_config": debugger_hook_config,
                "profiler_config": profiler_config,
                "source_dir": source_dir,
                "git_config": git_config,
                "code_location": code_location,
                "entry_point": entry_point,
                "dependencies": dependencies,
                "instance_groups": instance_groups,
                "container_log_level": container_log_level != logging.INFO,
            },
            NO_CODE,
        )
        self.sagemaker_session: AnySession = session_or_new(sagemaker_session)
        self.role = role
        self.image_uri = now["image_uri"]
        self.instance_count = now["instance_count"]
        self.instance_type = now["instance_type"]
        self.volume_size = now["volume_size"]
        self.volume_kms_key = now["volume_kms_key"]
        self.max_run = now["max_run"]
        self.max_wait = now["max_wait"]
        self.use_spot_instances = now["use_spot_instances"]
        self.keep_alive_period_in_seconds = keep_alive_period_in_seconds
        self.input_mode = input_mode
        self.output_path = output_path
        self.output_kms_key = output_kms_key
        self.disable_output_compression = disable_output_compression
        self.base_job_name = base_job_name
        self.tags = tags
        self.subnets = subnets
        self.security_group_ids = security_group_ids
        self.model_uri = model_uri
        self.model_channel_name = model_channel_name
        self.metric_definitions = metric_definitions
        self.encrypt_inter_container_traffic = encrypt_inter_container_traffic
        self.checkpoint_s3_uri = checkpoint_s3_uri
        self.checkpoint_local_path = checkpoint_local_path
        self.tensorboard_output_config = tensorboard_output_config
        self.enable_sagemaker_metrics = enable_sagemaker_metrics
        self.disable_profiler = disable_profiler
        self.max_retry_attempts = max_retry_attempts
        self.training_repository_access_mode = training_repository_access_mode
        self.training_repository_credentials_provider_arn = training_repository_credentials_provider_arn
        self.container_entry_point = container_entry_point
        self.container_arguments = container_arguments
        self.enable_infra_check = enable_infra_check
        self.enable_remote_debug = enable_remote_debug
        self.enable_session_tag_chaining = enable_session_tag_chaining
        self.training_plan = training_plan
        self.instance_placement_config = instance_placement_config
        self.distribution = distribution
        self.environment = checked_strings("environment", environment)
        self._enable_network_isolation = bool(enable_network_isolation)
        self._check_settings()
        self.latest_training_job: TrainingJob | None = None
        self.jobs: list[TrainingJob] = []
        self._hyperparameters: dict[str, object] = {}
        self.set_hyperparameters(**_checked_mapping(hyperparameters))

    def __repr__(self) -> str:
        return shown(self, lambda: job_words(self.latest_training_job) or f"on {self.instance_type}, {NO_JOB}")

    def set_hyperparameters(self, **hyperparameters: object) -> None:
        """Adds to the hyperparameters, or changes some; either all of them or, where one is refused, none.

        What they must be together is checked when a job starts.

        Raises:
            HyperparameterError: there is no hyperparameter of one of these names, or a value breaks its rule.
        """
        check_values(hyperparameters)
        self._hyperparameters.update(hyperparameters)

    def hyperparameters(self) -> dict[str, object]:
        """Returns the hyperparameters that were set, as they were set; the defaults are not among them."""
        return dict(self._hyperparameters)

    def fit(
        self,
        inputs: Inputs = None,
        wait: bool = True,
        logs: Logs = "All",
        job_name: str | None = None,
        experiment_config: Mapping[str, str] | None = None,
    ) -> None:
        """Trains the model.

        Args:
            inputs: for each channel an s3:// URI, on this machine also a path or a file:// URI, or a TrainingInput:
                "train", "train_annotation", "validation", "validation_annotation" and, if need be, "label_map". Or one
                folder with folders of these names in it: a path, a file:// or an s3:// URI.
            wait: whether to wait for the job's end; it goes on in any case if this process ends.
            logs: True or "All" for a table of the epochs of a job of this machine, and for the log of a managed job;
                ``["All"]``, a list, for the lines of the log on both; False or "None" for neither.
            job_name: None makes one up.
            experiment_config: written down with the job.

        Raises:
            HyperparameterError, ChannelError, UserError: before anything is started.
            TrainingError: the job failed.
        """
        show_logs = shows_logs(logs)
        check_flag("wait", wait)
        experiment = {"ExperimentConfig": dict(experiment_config)} if experiment_config else {}

        def start(name: str) -> None:
            side = self.sagemaker_session.for_instance(self.instance_type)
            side.train({**self.training_request(inputs, name), **experiment})

        name = start_named(start, self._new_name, job_name)
        self.latest_training_job = TrainingJob(self.sagemaker_session, name)
        self.jobs.append(self.latest_training_job)
        self._follow(self.latest_training_job, wait, show_logs)

    def find_learning_rate(self, inputs: Inputs = None, progress: bool = True) -> LearningRateCurve:
        """Tries learning rates on this machine, and suggests one: a range test.

        From where the estimator's job would begin, it trains on a few mini-batches at rates that grow from 0.00001 to
        1, and notes the loss at each. The suggestion is a tenth of the rate at which the loss is lowest. It takes one
        to two minutes where a step takes a second, and keeps nothing.

        Args:
            inputs: as of :meth:`fit`; every channel is read as files.
            progress: whether a bar counts the steps, on terminals and in notebooks.

        Returns:
            The curve: its ``suggestion``, and ``picture()``; a notebook shows it.

        Raises:
            HyperparameterError, ChannelError, UserError, ModelError, PlatformError: as :meth:`fit` before the first
                epoch; also for an ``instance_type`` of SageMaker.
        """
        if self.instance_type not in LOCAL_TYPES:
            raise UserError(
                f"find_learning_rate trains on this machine: instance_type must be {' or '.join(LOCAL_TYPES)}, "
                f"got {echoed(self.instance_type)}"
            )
        return tried_learning_rates(self, inputs, progress)

    def resume(self, epochs: int | None = None, wait: bool = True, logs: Logs = "All") -> None:
        """Lets the latest job go on, on this machine: from its newest whole checkpoint, in the same folder and log.

        The job may have failed, been killed or stopped, or reached its max_run, which begins anew. Its settings are
        those that it was started with; later changes of this estimator do not count. Without a checkpoint the job
        begins anew, which is told.

        Args:
            epochs: how many it is to train in all; None means as many as before. A completed job needs more of them.
            wait: whether to wait for the job's end.
            logs: what to show of the job, as of :meth:`fit`.

        Raises:
            UserError: the job runs, there is nothing to be done for so many epochs, or it ran on SageMaker.
            ChannelError: its data is no longer where it was.
            TrainingError: the job failed.
        """
        show_logs = shows_logs(logs)
        check_flag("wait", wait)
        job = self._latest_job()
        self.sagemaker_session.with_training_job(job.name).resume_training_job(job.name, epochs)
        if epochs is not None:
            self.set_hyperparameters(epochs=epochs)
        self._follow(job, wait, show_logs)

    def _follow(self, job: TrainingJob, wait: bool, logs: Logs) -> None:
        """Waits for a job that was just started, or says how it can be followed."""
        if wait:
            job.wait(logs)
            return
        side = self.sagemaker_session.with_training_job(job.name)
        self.sagemaker_session.teller.line(side.training_job_started(job.name))

    @classmethod
    def attach(
        cls,
        training_job_name: str,
        sagemaker_session: AnySession | None = None,
        model_channel_name: str = "model",
        wait: bool = True,
    ) -> Estimator:
        """Returns the estimator of a job that was started before, perhaps by another process; waits for the job's end.

        Of a job of this machine that had failed before, the reason is printed, and :meth:`resume` lets it go on.

        Args:
            wait: False waits for no end.

        Raises:
            UserError: there is no such job.
            TrainingError: the job failed while it was waited for, or on SageMaker.
        """
        check_name("a training job", training_job_name)
        check_flag("wait", wait)
        session = session_or_new(sagemaker_session)
        side = session.with_training_job(training_job_name)
        job = side.describe_training_job(training_job_name)
        settings = settings_of({**job, "Tags": side.training_job_tags(job)}, model_channel_name)
        estimator = cls(sagemaker_session=session, **settings)
        estimator.latest_training_job = TrainingJob(session, training_job_name)
        estimator.jobs.append(estimator.latest_training_job)
        if wait and job["TrainingJobStatus"] == "Failed" and estimator.instance_type in LOCAL_TYPES:
            session.teller.line(f"Training job {training_job_name}: Failed. Reason: {job.get('FailureReason')}")
        elif wait:
            estimator.latest_training_job.wait(logs=False)
        return estimator

    def logs(self) -> None:
        """Prints the log of the latest job, and goes on until its end."""
        name = self._latest_job().name
        self.sagemaker_session.with_training_job(name).logs_for_job(name, wait=True)

    @property
    def model_data(self) -> str | Answer:
        """The URI of the latest job's ``model.tar.gz``; with ``disable_output_compression`` the API's ModelDataSource.

        Raises:
            UserError: there is none (yet).
        """
        job = self._latest_job().describe()
        uri = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
        if not uri:
            raise UserError(
                f"training job {job['TrainingJobName']} has no model to give: it is {job['TrainingJobStatus']}"
            )
        if job.get("OutputDataConfig", {}).get("CompressionType") == "NONE":
            return {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}}
        return str(uri)

    def evaluation(self) -> Evaluation:
        """Returns how good the latest job's model is on the whole validation pictures; it can be printed, and a
        notebook shows it as a table.

        Raises:
            UserError: there is no job, or it has no evaluation (yet).
        """
        return evaluation_of(self._latest_job())

    def report(self) -> Path:
        """Returns the path of the latest job's ``report.html``: how good the model is and where it fails, as one page.

        A job writes it at its end. Where it is missing, as of a job that was killed, it is written now, as far as the
        job's files go. That of a managed job is fetched from S3.

        Raises:
            UserError: there is no job, or it has written nothing (yet).
        """
        return report_of(self._latest_job())

    def latest_job_tensorboard_artifacts_path(self) -> str | None:
        """Returns the folder of the latest job's events, a path or an s3:// URI; None where it writes none."""
        return events_location(self._latest_job().describe())

    @property
    def training_job_analytics(self) -> TrainingJobAnalytics:
        """The metrics of the latest job."""
        return TrainingJobAnalytics(self._latest_job().name, sagemaker_session=self.sagemaker_session)

    def training_image_uri(self) -> str:
        """Returns the image that was given, else the built-in algorithm's; no image runs on this machine."""
        return self.image_uri or self.sagemaker_session.for_instance(self.instance_type).algorithm_image()

    def enable_network_isolation(self) -> bool:
        """Returns whether the job's container has no network."""
        return self._enable_network_isolation

    def create_model(
        self,
        role: str | None = None,
        image_uri: str | None = None,
        predictor_cls: PredictorClass | None = None,
        vpc_config_override: Request | str | None = OF_THE_JOB,
        env: Mapping[str, str] | None = None,
        name: str | None = None,
    ) -> Model:
        """Returns the latest job's model, ready to be deployed.

        Args:
            vpc_config_override: the API's VpcConfig, or None for none; left out, it is the job's.
        """
        return Model(
            image_uri=image_uri or self.image_uri,
            model_data=self.model_data,
            role=role or self.role,
            predictor_cls=predictor_cls,
            env=env,
            name=name,
            vpc_config=self._vpc_config(vpc_config_override),
            enable_network_isolation=self.enable_network_isolation(),
            sagemaker_session=self.sagemaker_session,
        )

    def transformer(
        self,
        instance_count: int,
        instance_type: str,
        strategy: str | None = None,
        assemble_with: str | None = None,
        output_path: str | os.PathLike[str] | None = None,
        output_kms_key: str | None = None,
        accept: str | None = None,
        env: Mapping[str, str] | None = None,
        max_concurrent_transforms: int | None = None,
        max_payload: int | None = None,
        tags: Tags = None,
        role: str | None = None,
        volume_kms_key: str | None = None,
        vpc_config_override: Request | str | None = OF_THE_JOB,
        enable_network_isolation: bool | None = None,
        model_name: str | None = None,
    ) -> Transformer:
        """Returns a Transformer of the latest job's model; see :meth:`semseg.model.Model.transformer`."""
        check_count("instance_count", instance_count)
        name = model_name or self._new_name()
        model = self.create_model(role=role, vpc_config_override=vpc_config_override, name=name)
        if enable_network_isolation is not None:
            model.network_isolation = enable_network_isolation
        return model.transformer(
            instance_count,
            instance_type,
            strategy=strategy,
            assemble_with=assemble_with,
            output_path=output_path,
            output_kms_key=output_kms_key,
            accept=accept,
            env=env,
            max_concurrent_transforms=max_concurrent_transforms,
            max_payload=max_payload,
            tags=tags if tags is not None else self.tags,
            volume_kms_key=volume_kms_key,
        )

    def export(
        self,
        format: str,
        path: str | os.PathLike[str] | None = None,
        precision: str = FP32,
        logs: bool = True,
        light: bool = False,
    ) -> ExportReport:
        """Writes the latest job's model with an exported form beside its parameters; it is served like any other.

        Int8 and light forms are calibrated on the job's training pictures, and refused where they lose more than half a
        point of mIOU on its validation pictures. Both are read where the job found them.

        Args:
            format: "openvino" or "onnx".
            path: a folder, which gets a model.tar.gz, or a file name that ends in .tar.gz; None means the job's folder.
                Forms that an archive there has of the same model are kept.
            precision: "fp32" or "int8".
            logs: whether to print what is done.
            light: True makes a form with fewer operations, as few as lose no more than half a point.

        Returns:
            How near the form's answers come to Gluon's; ``archive`` is the file that was written.

        Raises:
            UserError, ChannelError: there is no job, or its channels are no longer where they were.
            ModelError: the form does not pass; the sentence has both mIOUs.
            PlatformError: a package is missing.
        """
        form = Form.of(format, precision, light)
        return self.sagemaker_session.with_exports().export_job(self._latest_job().describe(), form, path, logs)

    def evaluate(
        self,
        channels: Inputs,
        path: str | os.PathLike[str] | None = None,
        channel: str = VALIDATION,
        engine: str | None = None,
        precision: str | None = None,
        instance_type: str = LOCAL,
        progress: bool = True,
        test_time_augmentation: str | None = None,
    ) -> Evaluated:
        """Scores the latest job's model on other labelled pictures; see :func:`semseg.evaluate`.

        Args:
            channels: "validation" and "validation_annotation" and, if need be, "label_map", as :meth:`fit` takes them;
                or one folder with folders of these names in it.

        Returns:
            The scores, and where the report is.
        """
        job, session = self._latest_job(), self.sagemaker_session
        how = (engine, precision, instance_type, session, progress, test_time_augmentation)
        return evaluate(job, channels, path, channel, *how)

    def register(
        self,
        content_types: list[str] | None = None,
        response_types: list[str] | None = None,
        inference_instances: list[str] | None = None,
        transform_instances: list[str] | None = None,
        image_uri: str | None = None,
        model_package_name: str | None = None,
        model_package_group_name: str | None = None,
        marketplace_cert: bool = False,
        approval_status: str | None = None,
        description: str | None = None,
        customer_metadata_properties: Mapping[str, str] | None = None,
    ) -> ModelPackage:
        """Puts the latest job's model into SageMaker's model registry; see :meth:`semseg.model.Model.register`."""
        return self.create_model(image_uri=image_uri).register(
            content_types=content_types,
            response_types=response_types,
            inference_instances=inference_instances,
            transform_instances=transform_instances,
            model_package_name=model_package_name,
            model_package_group_name=model_package_group_name,
            marketplace_cert=marketplace_cert,
            approval_status=approval_status,
            description=description,
            customer_metadata_properties=customer_metadata_properties,
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
        data_capture_config: Settings = None,
        tags: Tags = None,
        serverless_inference_config: Settings = None,
        async_inference_config: Settings = None,
        volume_size: int | None = None,
        model_data_download_timeout: int | None = None,
        container_startup_health_check_timeout: int | None = None,
        inference_recommendation_id: str | None = None,
        explainer_config: object = None,
        env: Mapping[str, str] | None = None,
    ) -> Any:
        """Deploys the latest job's model; see :meth:`semseg.model.Model.deploy`.

        Args:
            endpoint_name: None makes one up from ``base_job_name``.
            use_compiled_model: refused.
            model_name: None means the endpoint's name.
            env: environment variables of the server. ``{"SEMSEG_PRECISION": "int8"}`` makes an int8 form of the model
                first, and ``{"SEMSEG_LIGHT": "True"}`` a light one, on this machine and where it has none: see
                :meth:`export`.

        Returns:
            A Predictor: image in, mask out.
        """
        refuse({"use_compiled_model": use_compiled_model}, ", for the algorithm's models cannot be compiled")
        check_count("initial_instance_count", initial_instance_count)
        default_name = self._new_name()
        model = self.create_model(name=model_name or default_name, env=env)
        if instance_type is not None:
            side = self.sagemaker_session.for_instance(instance_type)
            model.model_data = side.archive_to_serve(self._latest_job().describe(), model.env) or model.model_data
        return model.deploy(
            initial_instance_count=initial_instance_count,
            instance_type=instance_type,
            serializer=serializer,
            deserializer=deserializer,
            accelerator_type=accelerator_type,
            endpoint_name=endpoint_name or default_name,
            tags=tags if tags is not None else self.tags,
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
        """Raises UserError always: an estimator can deploy many endpoints, so this is gone since the SDK v2."""
        raise UserError("an estimator does not delete endpoints: call delete_endpoint() of the predictor")

    def training_request(self, inputs: Inputs, job_name: str) -> Answer:
        """Checks hyperparameters and channels, and returns the job, shaped as the SageMaker API's CreateTrainingJob."""
        self._check_settings()
        return training_request(self, inputs, job_name)

    def _check_settings(self) -> None:
        """Refuses settings that would be refused later, after the data was sent."""
        if self.instance_type is None:
            raise UserError(
                'instance_type must be "local", "local_gpu" or one of SageMaker\'s, such as "ml.p3.2xlarge", got None'
            )
        check_count("instance_count", self.instance_count)
        self.sagemaker_session.for_instance(self.instance_type)
        check_text("base_job_name", self.base_job_name)
        check_training_instances(self.instance_type, self.instance_count, self.image_uri)
        if self.instance_type == LOCAL:
            check_processor(self.instance_count or 1, usable_cores())
        check_distribution(self.distribution, self.instance_type, self.image_uri)
        check_times(self.max_run, self.max_wait, self.use_spot_instances)
        check_retries(self.max_retry_attempts)
        vpc_config(self.subnets, self.security_group_ids)
        tag_list(self.tags)

    def _new_name(self) -> str:
        return name_from_base(self.base_job_name or DEFAULT_BASE_NAME)

    def _vpc_config(self, override: Request | str | None) -> Request | None:
        if override == OF_THE_JOB:
            return vpc_config(self.subnets, self.security_group_ids)
        if isinstance(override, str):
            raise UserError(f"vpc_config_override must be the API's VpcConfig or None, got {echoed(override)}")
        return override

    def _latest_job(self) -> TrainingJob:
        if self.latest_training_job is None:
            raise UserError(
                "the estimator has no training job yet: call fit(), or Estimator.attach() with a job's name"
            )
        return self.latest_training_job


def _checked_mapping(hyperparameters: Mapping[str, object] | None) -> Mapping[str, object]:
    if hyperparameters is not None and not isinstance(hyperparameters, Mapping):
        raise UserError(f"hyperparameters must be a dictionary, got {what_it_is(hyperparameters)}")
    return hyperparameters or {}


# Of each parameter; those that can be given under an old name too are compared with theirs.
DEFAULTS = {name: parameter.default for name, parameter in inspect.signature(Estimator).parameters.items()}
del DEFAULTS["renamed"]
