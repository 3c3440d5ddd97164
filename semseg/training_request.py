"""An estimator's settings as the SageMaker API's CreateTrainingJob has them, and back.

Source of the shapes: the SageMaker API reference, CreateTrainingJob and DescribeTrainingJob.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from semseg.api.algorithm_image import is_algorithm_image
from semseg.api.distribution import check_together, distribution_hyperparameters, without_distribution
from semseg.api.names import base_from_name
from semseg.api.shapes import Answer, Request, request_part, tag_list, vpc_config, without_none
from semseg.channel_folders import channels_in
from semseg.contract.address import location_text
from semseg.contract.channels import LABEL_MAP, check_data_config, check_replicated, check_streams, piped
from semseg.contract.echoed import echoed
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.metric_lines import METRIC_DEFINITIONS
from semseg.contract.rules import wire_form
from semseg.contract.tensorboard import CONFIG, LOCATION
from semseg.errors import UserError
from semseg.inputs import Inputs, TrainingInput, input_data_config
from semseg.named_classes import classes_named

if TYPE_CHECKING:
    from semseg.estimator import Estimator

MOST_RETRIES = 30  # source: the API reference, RetryStrategy
NUM_CLASSES, TIME_BUDGET = "num_classes", "time_budget"  # hyperparameters
MODEL_CONTENT_TYPE = "application/x-sagemaker-model"


def training_request(estimator: Estimator, inputs: Inputs, job_name: str) -> Answer:
    """Returns the job that ``fit`` asks for.

    Raises:
        HyperparameterError, ChannelError, UserError: what would fail the job later is found here.
    """
    hyperparameters = {name: wire_form(value) for name, value in estimator.hyperparameters().items()}
    channels = None
    if hyperparameters.get(TIME_BUDGET) and NUM_CLASSES not in hyperparameters:
        channels = _channels(estimator, inputs)
        hyperparameters.update(_named_classes(channels))
    checked = Hyperparameters.from_strings(hyperparameters)
    check_together(checked, estimator.instance_count)
    if checked.budget_seconds is not None and checked.budget_seconds > estimator.max_run:
        raise UserError(
            f"max_run must be at least time_budget, {checked.time_budget}, got {estimator.max_run} seconds: the job "
            f"would be stopped before it has scored its model"
        )
    added = distribution_hyperparameters(estimator.distribution, estimator.instance_type)
    request = {
        "TrainingJobName": job_name,
        "RoleArn": estimator.role,
        "AlgorithmSpecification": _algorithm(estimator),
        "HyperParameters": {**hyperparameters, **added},
        "InputDataConfig": channels or _channels(estimator, inputs),
        "OutputDataConfig": _output(estimator),
        "ResourceConfig": _resources(estimator),
        "StoppingCondition": without_none(
            {"MaxRuntimeInSeconds": estimator.max_run, "MaxWaitTimeInSeconds": estimator.max_wait}
        ),
        "Environment": estimator.environment,
        "Tags": tag_list(estimator.tags),
        "VpcConfig": vpc_config(estimator.subnets, estimator.security_group_ids),
        "CheckpointConfig": _checkpoints(estimator),
        "TensorBoardOutputConfig": _tensorboard(estimator),
        "EnableManagedSpotTraining": estimator.use_spot_instances or None,
        "EnableNetworkIsolation": estimator.enable_network_isolation() or None,
        "EnableInterContainerTrafficEncryption": estimator.encrypt_inter_container_traffic,
        "RetryStrategy": _part("MaximumRetryAttempts", estimator.max_retry_attempts),
        "ProfilerConfig": _part("DisableProfiler", estimator.disable_profiler or None),
        "InfraCheckConfig": _part("EnableInfraCheck", estimator.enable_infra_check),
        "RemoteDebugConfig": _part("EnableRemoteDebug", estimator.enable_remote_debug),
        "SessionChainingConfig": _part("EnableSessionTagChaining", estimator.enable_session_tag_chaining),
    }
    return without_none(request)


def _named_classes(channels: Sequence[Request]) -> dict[str, str]:
    """Returns num_classes as the label map of a job's channels tells it; nothing where it does not."""
    places = {channel["ChannelName"]: channel["DataSource"].get("S3DataSource", {}) for channel in channels}
    classes = classes_named({name: source["S3Uri"] for name, source in places.items() if "S3Uri" in source})
    return {} if classes is None else {NUM_CLASSES: str(classes)}


def settings_of(job: Request, model_channel_name: str) -> Answer:
    """Returns the arguments of the estimator that started a job.

    Args:
        job: shaped as DescribeTrainingJob; with Tags, which that does not tell on SageMaker, where they are known.
    """
    algorithm, resources, output = job["AlgorithmSpecification"], job["ResourceConfig"], job["OutputDataConfig"]
    hyperparameters, distribution = without_distribution(job.get("HyperParameters", {}))
    vpc, checkpoints = job.get("VpcConfig", {}), job.get("CheckpointConfig", {})
    repository = algorithm.get("TrainingImageConfig", {})
    provider = repository.get("TrainingRepositoryAuthConfig", {}).get("TrainingRepositoryCredentialsProviderArn")
    return without_none(
        {
            "image_uri": algorithm.get("TrainingImage"),
            "role": job.get("RoleArn"),
            "instance_count": resources.get("InstanceCount"),
            "instance_type": resources.get("InstanceType"),
            "keep_alive_period_in_seconds": resources.get("KeepAlivePeriodInSeconds"),
            "volume_size": resources.get("VolumeSizeInGB"),
            "volume_kms_key": resources.get("VolumeKmsKeyId"),
            "max_run": job.get("StoppingCondition", {}).get("MaxRuntimeInSeconds"),
            "max_wait": job.get("StoppingCondition", {}).get("MaxWaitTimeInSeconds"),
            "use_spot_instances": job.get("EnableManagedSpotTraining"),
            "input_mode": algorithm.get("TrainingInputMode"),
            "output_path": output.get("S3OutputPath"),
            "output_kms_key": output.get("KmsKeyId") or None,
            "disable_output_compression": output.get("CompressionType") == "NONE",
            "hyperparameters": hyperparameters,
            "distribution": distribution,
            "subnets": vpc.get("Subnets"),
            "security_group_ids": vpc.get("SecurityGroupIds"),
            "model_uri": _model_uri(job, model_channel_name),
            "model_channel_name": model_channel_name,
            "encrypt_inter_container_traffic": job.get("EnableInterContainerTrafficEncryption"),
            "enable_network_isolation": job.get("EnableNetworkIsolation"),
            "checkpoint_s3_uri": checkpoints.get("S3Uri"),
            "checkpoint_local_path": checkpoints.get("LocalPath"),
            "tensorboard_output_config": job.get(CONFIG),
            "environment": job.get("Environment"),
            "max_retry_attempts": job.get("RetryStrategy", {}).get("MaximumRetryAttempts"),
            "base_job_name": base_from_name(job["TrainingJobName"]) if "TrainingJobName" in job else None,
            "tags": job.get("Tags"),
            "metric_definitions": own_metrics(algorithm),
            "container_entry_point": algorithm.get("ContainerEntrypoint"),
            "container_arguments": algorithm.get("ContainerArguments"),
            "training_repository_access_mode": repository.get("TrainingRepositoryAccessMode"),
            "training_repository_credentials_provider_arn": provider,
            "training_plan": resources.get("TrainingPlanArn"),
            "instance_placement_config": resources.get("InstancePlacementConfig"),
            # False is what they are where nobody says anything, and would be asked for where they have no place
            "disable_profiler": job.get("ProfilerConfig", {}).get("DisableProfiler") or None,
            "enable_infra_check": job.get("InfraCheckConfig", {}).get("EnableInfraCheck") or None,
            "enable_remote_debug": job.get("RemoteDebugConfig", {}).get("EnableRemoteDebug") or None,
            "enable_session_tag_chaining": job.get("SessionChainingConfig", {}).get("EnableSessionTagChaining") or None,
        }
    )


def own_metrics(algorithm: Request) -> list[dict[str, str]] | None:
    """Returns the metric definitions of an API's AlgorithmSpecification, None for those of the algorithm itself."""
    definitions: list[dict[str, str]] | None = algorithm.get("MetricDefinitions")
    if is_algorithm_image(algorithm.get("TrainingImage", "")) or definitions == METRIC_DEFINITIONS:
        return None
    return definitions


def check_times(max_run: int, max_wait: int | None, use_spot_instances: bool) -> None:
    """Refuses times that SageMaker would refuse: a job on spot machines needs max_wait, and no other has it."""
    for name, seconds in (("max_run", max_run), ("max_wait", max_wait)):
        if seconds is None and name == "max_wait":
            continue
        if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1:
            raise UserError(f"{name} must be a whole number of seconds, at least 1, got {echoed(seconds)}")
    if use_spot_instances and (max_wait is None or max_wait < max_run):
        raise UserError(
            f"max_wait must be at least max_run, {max_run}, with use_spot_instances, got {echoed(max_wait)}"
        )
    if max_wait is not None and not use_spot_instances:
        raise UserError(f"max_wait must be left out without use_spot_instances, got {echoed(max_wait)}")


def check_retries(max_retry_attempts: int | None) -> None:
    """Refuses a number of retries that SageMaker would refuse."""
    if max_retry_attempts is None or (type(max_retry_attempts) is int and 1 <= max_retry_attempts <= MOST_RETRIES):
        return
    raise UserError(
        f"max_retry_attempts must be a whole number from 1 to {MOST_RETRIES}, got {echoed(max_retry_attempts)}"
    )


def _algorithm(estimator: Estimator) -> Answer:
    return without_none(
        {
            "TrainingImage": estimator.training_image_uri(),
            "TrainingInputMode": estimator.input_mode,
            "MetricDefinitions": estimator.metric_definitions,
            "EnableSageMakerMetricsTimeSeries": estimator.enable_sagemaker_metrics,
            "ContainerEntrypoint": estimator.container_entry_point,
            "ContainerArguments": estimator.container_arguments,
            "TrainingImageConfig": _training_repository(estimator),
        }
    )


def _training_repository(estimator: Estimator) -> Answer | None:
    mode = estimator.training_repository_access_mode
    provider = estimator.training_repository_credentials_provider_arn
    if mode is None and provider is None:
        return None
    if mode is None:
        raise UserError(
            "training_repository_access_mode must be given with training_repository_credentials_provider_arn, got None"
        )
    access = _part("TrainingRepositoryCredentialsProviderArn", provider)
    return without_none({"TrainingRepositoryAccessMode": mode, "TrainingRepositoryAuthConfig": access})


def _channels(estimator: Estimator, inputs: Inputs) -> list[Answer]:
    if isinstance(inputs, (str, os.PathLike)):
        inputs = channels_in(inputs, estimator.sagemaker_session)
    channels = input_data_config(inputs)
    if estimator.model_uri is not None:
        model = TrainingInput(estimator.model_uri, content_type=MODEL_CONTENT_TYPE, input_mode="File")
        channels.append({"ChannelName": estimator.model_channel_name, **model.config})
    if estimator.input_mode != "File":  # what is read before the first sample is never streamed
        for channel in channels:
            if channel["ChannelName"] in (LABEL_MAP, estimator.model_channel_name):
                channel.setdefault("InputMode", "File")
    check_data_config(channels, estimator.input_mode)
    machines = estimator.instance_count or 1
    check_streams(piped(channels, estimator.input_mode), machines)
    check_replicated(channels, machines)
    return channels


def _output(estimator: Estimator) -> Answer:
    return without_none(
        {
            "S3OutputPath": _location("output_path", estimator.output_path),
            "KmsKeyId": estimator.output_kms_key,
            "CompressionType": "NONE" if estimator.disable_output_compression else None,
        }
    )


def _resources(estimator: Estimator) -> Answer:
    return without_none(
        {
            "InstanceType": estimator.instance_type,
            "InstanceCount": estimator.instance_count or 1,
            "VolumeSizeInGB": estimator.volume_size,
            "VolumeKmsKeyId": estimator.volume_kms_key,
            "KeepAlivePeriodInSeconds": estimator.keep_alive_period_in_seconds,
            "TrainingPlanArn": estimator.training_plan,
            "InstancePlacementConfig": estimator.instance_placement_config,
        }
    )


def _checkpoints(estimator: Estimator) -> Answer | None:
    if estimator.checkpoint_s3_uri is None:
        if estimator.checkpoint_local_path is not None:
            raise UserError(
                f"checkpoint_local_path must come with checkpoint_s3_uri, "
                f"got {echoed(estimator.checkpoint_local_path)} alone"
            )
        return None
    return without_none(
        {
            "S3Uri": _location("checkpoint_s3_uri", estimator.checkpoint_s3_uri),
            "LocalPath": estimator.checkpoint_local_path,
        }
    )


def _tensorboard(estimator: Estimator) -> Answer | None:
    config = request_part("tensorboard_output_config", estimator.tensorboard_output_config)
    if config is not None and not config.get(LOCATION):
        raise UserError(f"tensorboard_output_config must say where events go, as {LOCATION}, got {echoed(config)}")
    return config and {**config, LOCATION: _location("s3_output_path", config[LOCATION])}


def _location(name: str, location: str | os.PathLike[str] | None) -> str | None:
    return None if location is None else location_text(name, location)


def _part(name: str, value: object) -> Answer | None:
    return None if value is None else {name: value}


def _model_uri(job: Request, model_channel_name: str) -> str | None:
    channels: Sequence[Request] = job.get("InputDataConfig", [])
    models = [channel for channel in channels if channel["ChannelName"] == model_channel_name]
    return models[0]["DataSource"]["S3DataSource"]["S3Uri"] if models else None
