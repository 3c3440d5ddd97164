"""A tuner's settings as the SageMaker API's CreateHyperParameterTuningJob has them.

Source of the shapes: the SageMaker API reference, CreateHyperParameterTuningJob.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from semseg.api.shapes import Answer, tag_list, without_none
from semseg.errors import UserError
from semseg.inputs import Inputs

if TYPE_CHECKING:
    from semseg.tuner import HyperparameterTuner

# What a training job's request and the definition in a tuning job's have in common.
# Source: the SageMaker API reference, HyperParameterTrainingJobDefinition.
DEFINITION = (
    "AlgorithmSpecification",
    "CheckpointConfig",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "EnableNetworkIsolation",
    "Environment",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "RetryStrategy",
    "RoleArn",
    "StoppingCondition",
    "VpcConfig",
)
ELSEWHERE = ("TrainingJobName", "HyperParameters", "Tags")  # what of a training job's request has another place


def tuning_request(tuner: HyperparameterTuner, inputs: Inputs, job_name: str) -> Answer:
    """Returns the job that ``fit`` asks for.

    Raises:
        HyperparameterError, ChannelError, UserError: what would fail the training jobs later is found here.
    """
    request = {
        "HyperParameterTuningJobName": job_name,
        "HyperParameterTuningJobConfig": _config(tuner),
        "TrainingJobDefinition": _definition(tuner, inputs, job_name),
        "WarmStartConfig": tuner.warm_start_config and tuner.warm_start_config.to_input_req(),
        "Tags": tag_list(tuner.tags or tuner.estimator.tags),
    }
    return without_none(request)


def _config(tuner: HyperparameterTuner) -> Answer:
    """Returns the API's HyperParameterTuningJobConfig."""
    limits = {
        "MaxNumberOfTrainingJobs": tuner.max_jobs,
        "MaxParallelTrainingJobs": tuner.max_parallel_jobs,
        "MaxRuntimeInSeconds": tuner.max_runtime_in_seconds,
    }
    objective = {"Type": tuner.objective_type, "MetricName": tuner.objective_metric_name}
    return without_none(
        {
            "Strategy": tuner.strategy,
            "StrategyConfig": tuner.strategy_config and tuner.strategy_config.to_input_req(),
            "HyperParameterTuningJobObjective": objective,
            "ResourceLimits": without_none(limits),
            "ParameterRanges": tuner.hyperparameter_ranges(),
            "TrainingJobEarlyStoppingType": tuner.early_stopping_type,
            "TuningJobCompletionCriteria": tuner.completion_criteria_config
            and tuner.completion_criteria_config.to_input_req(),
            "RandomSeed": tuner.random_seed,
        }
    )


def _definition(tuner: HyperparameterTuner, inputs: Inputs, name: str) -> Answer:
    """Returns the API's HyperParameterTrainingJobDefinition, from what the estimator would ask for."""
    request = tuner.estimator.training_request(inputs, name)
    for key in request:
        if key not in (*DEFINITION, *ELSEWHERE):
            raise UserError(f"{key} of the estimator has no place in a tuning job: leave it out")
    definition = {key: value for key, value in request.items() if key in DEFINITION}
    tuned = {item["Name"] for items in tuner.hyperparameter_ranges().values() for item in items}
    static = request["HyperParameters"]
    definition["StaticHyperParameters"] = {key: static[key] for key in static if key not in tuned}
    if tuner.metric_definitions:
        specification = {**definition["AlgorithmSpecification"], "MetricDefinitions": tuner.metric_definitions}
        definition["AlgorithmSpecification"] = specification
    return definition
