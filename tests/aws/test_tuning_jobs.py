"""Tuning jobs of SageMaker, on a scripted service: moto has neither trials nor changing states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.aws.tuning_jobs import TuningJobs
from semseg.errors import PlatformError, UserError
from semseg.estimator import Estimator
from semseg.session import Session
from semseg.tuner import (
    ContinuousParameter,
    HyperparameterTuner,
    HyperparameterTuningJobAnalytics,
    IntegerParameter,
    WarmStartConfig,
    WarmStartTypes,
)
from tests.aws import moto
from tests.aws.scripted_service import Service, scripted
from tests.local.fakes import CHANNELS

JOB_ARN = "arn:aws:sagemaker:us-west-2:123456789012:hyper-parameter-tuning-job/tune"
TRAINING_ARN = "arn:aws:sagemaker:us-west-2:123456789012:training-job/tune-001-abc"
ROLE = "arn:aws:iam::123456789012:role/road"
OBJECTIVE = {"Type": "Maximize", "MetricName": "validation:mIOU"}
SUMMARY = {
    "TrainingJobName": "tune-001-abc",
    "TrainingJobArn": TRAINING_ARN,
    "CreationTime": 1700000000,
    "TrainingStartTime": 1700000100,
    "TrainingEndTime": 1700000160,
    "TrainingJobStatus": "Completed",
    "TunedHyperParameters": {"learning_rate": "0.01", "optimizer": "sgd"},
    "FinalHyperParameterTuningJobObjectiveMetric": {**OBJECTIVE, "Value": 0.75},
    "ObjectiveStatus": "Succeeded",
}
CONFIG = {
    "Strategy": "Bayesian",
    "HyperParameterTuningJobObjective": OBJECTIVE,
    "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
    "ParameterRanges": {
        "ContinuousParameterRanges": [
            {"Name": "learning_rate", "MinValue": "0.0001", "MaxValue": "0.1", "ScalingType": "Logarithmic"}
        ],
        "IntegerParameterRanges": [],
        "CategoricalParameterRanges": [{"Name": "optimizer", "Values": ["sgd", "adam"]}],
    },
    "TrainingJobEarlyStoppingType": "Auto",
    "RandomSeed": 7,
}
DEFINITION = {
    "StaticHyperParameters": {"num_classes": "2", "num_training_samples": "3"},
    "AlgorithmSpecification": {
        "TrainingImage": "433757028032.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:1",
        "TrainingInputMode": "File",
    },
    "RoleArn": ROLE,
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://street/train"}},
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://street/out"},
    "ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def described(status: str, **more: Any) -> dict[str, Any]:
    counts = {"Completed": 1, "InProgress": 0, "RetryableError": 0, "NonRetryableError": 0, "Stopped": 0}
    return {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobArn": JOB_ARN,
        "HyperParameterTuningJobConfig": CONFIG,
        "TrainingJobDefinition": DEFINITION,
        "HyperParameterTuningJobStatus": status,
        "CreationTime": 1700000000,
        "TrainingJobStatusCounters": counts,
        "ObjectiveStatusCounters": {"Succeeded": 1, "Pending": 0, "Failed": 0},
        **more,
    }


@contextmanager
def service(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> Iterator[Service]:
    for name, value in moto.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with scripted(answers) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


def test_a_job_is_started_as_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    request = {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": CONFIG,
        "TrainingJobDefinition": DEFINITION,
    }
    answer = {"HyperParameterTuningJobArn": JOB_ARN}
    with service(monkeypatch, CreateHyperParameterTuningJob=[answer]) as running:
        Session().for_instance("ml.p3.2xlarge").tune(request)
    assert running.asked("CreateHyperParameterTuningJob") == [request]


def test_a_tuner_asks_for_what_its_estimator_would_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    estimator = Estimator(
        role=ROLE,
        instance_count=1,
        instance_type="ml.p3.2xlarge",
        output_path="s3://street/out",
        max_run=3600,
        hyperparameters={"num_classes": 2, "num_training_samples": 3, "learning_rate": 0.5},
        tags={"team": "roads"},
        subnets=["subnet-1"],
        security_group_ids=["sg-1"],
        use_spot_instances=True,
        max_wait=7200,
        checkpoint_s3_uri="s3://street/checkpoints",
    )
    tuner = HyperparameterTuner(
        estimator,
        "validation:mIOU",
        {"learning_rate": ContinuousParameter(1e-4, 0.1), "epochs": IntegerParameter(2, 4)},
        max_jobs=4,
        max_parallel_jobs=2,
        warm_start_config=WarmStartConfig(WarmStartTypes.TRANSFER_LEARNING, ["earlier"]),
    )
    channels = {name: f"s3://street/{name}" for name in CHANNELS}
    with service(monkeypatch, CreateHyperParameterTuningJob=[{"HyperParameterTuningJobArn": JOB_ARN}]) as running:
        tuner.fit(channels, job_name="tune", wait=False)
    (asked,) = running.asked("CreateHyperParameterTuningJob")
    assert asked["HyperParameterTuningJobName"] == "tune"
    assert asked["Tags"] == [{"Key": "team", "Value": "roads"}]
    assert asked["WarmStartConfig"] == {
        "WarmStartType": "TransferLearning",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "earlier"}],
    }
    assert asked["HyperParameterTuningJobConfig"]["ResourceLimits"] == {
        "MaxNumberOfTrainingJobs": 4,
        "MaxParallelTrainingJobs": 2,
    }
    definition = asked["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"] == {"num_classes": "2", "num_training_samples": "3"}
    assert definition["AlgorithmSpecification"] == DEFINITION["AlgorithmSpecification"]
    assert [channel["ChannelName"] for channel in definition["InputDataConfig"]] == list(CHANNELS)
    assert definition["StoppingCondition"] == {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200}
    assert definition["EnableManagedSpotTraining"] is True
    assert definition["CheckpointConfig"]["S3Uri"] == "s3://street/checkpoints"
    assert definition["VpcConfig"] == {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    assert definition["RoleArn"] == ROLE


def test_a_setting_that_tuning_jobs_do_not_have_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    estimator = Estimator(
        role=ROLE,
        instance_count=1,
        instance_type="ml.p3.2xlarge",
        hyperparameters={"num_classes": 2, "num_training_samples": 3},
        enable_remote_debug=True,
    )
    tuner = HyperparameterTuner(estimator, "validation:mIOU", {"epochs": IntegerParameter(2, 4)})
    with (
        service(monkeypatch) as running,
        pytest.raises(
            UserError, match=r"^RemoteDebugConfig of the estimator has no place in a tuning job: leave it out$"
        ),
    ):
        tuner.fit({name: f"s3://street/{name}" for name in CHANNELS})
    assert running.calls == []


@pytest.mark.usefixtures("aws")
def test_a_job_without_an_output_path_is_given_the_default_bucket() -> None:
    account = Account(default_bucket_prefix="mine")
    definition = {**DEFINITION, "OutputDataConfig": {}}
    TuningJobs(account).start(
        {
            "HyperParameterTuningJobName": "tune",
            "HyperParameterTuningJobConfig": CONFIG,
            "TrainingJobDefinition": definition,
        }
    )
    job = TuningJobs(account).describe("tune")
    output = job["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]
    assert output == "s3://sagemaker-us-west-2-123456789012/mine"


def test_waiting_tells_each_change_of_the_counts_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun = described("InProgress")
    with service(monkeypatch, DescribeHyperParameterTuningJob=[begun, begun, described("Completed")]):
        TuningJobs(Account(), poll_seconds=0.01).wait("tune")
    assert capsys.readouterr().out.splitlines() == ["tune: InProgress (1 Completed)", "tune: Completed (1 Completed)"]


def test_a_failed_job_raises_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = described("Failed", FailureReason="all training jobs failed")
    with (
        service(monkeypatch, DescribeHyperParameterTuningJob=[failed]),
        pytest.raises(
            PlatformError,
            match=r"^Error for HyperParameterTuning job tune: Failed\. Reason: all training jobs failed$",
        ),
    ):
        TuningJobs(Account()).wait("tune")


def test_the_trials_of_all_pages_are_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    second = {
        "TrainingJobName": "tune-002-def",
        "TrainingJobArn": TRAINING_ARN,
        "CreationTime": 1700000200,
        "TrainingJobStatus": "InProgress",
        "TunedHyperParameters": {"learning_rate": "0.1", "optimizer": "adam"},
    }
    pages = [{"TrainingJobSummaries": [SUMMARY], "NextToken": "more"}, {"TrainingJobSummaries": [second]}]
    with service(monkeypatch, ListTrainingJobsForHyperParameterTuningJob=pages):
        rows = HyperparameterTuningJobAnalytics("tune", Session()).rows()
    assert [(row["TrainingJobName"], row["FinalObjectiveValue"]) for row in rows] == [
        ("tune-001-abc", 0.75),
        ("tune-002-def", None),
    ]
    assert (rows[0]["learning_rate"], rows[0]["optimizer"], rows[0]["TrainingElapsedTimeSeconds"]) == (0.01, "sgd", 60)


def test_attach_restores_when_to_stop_what_to_learn_from_and_how_to_search(monkeypatch: pytest.MonkeyPatch) -> None:
    criteria = {
        "TargetObjectiveMetricValue": 0.5,
        "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3},
        "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
    }
    hyperband = {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}}
    warm_start = {
        "WarmStartType": "IdenticalDataAndAlgorithm",
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": name} for name in ("a", "b")],
    }
    config = {
        **CONFIG,
        "Strategy": "Hyperband",
        "StrategyConfig": hyperband,
        "TuningJobCompletionCriteria": criteria,
    }
    job = described("Completed", HyperParameterTuningJobConfig=config, WarmStartConfig=warm_start)
    answers = {
        "DescribeHyperParameterTuningJob": [job],
        "CreateHyperParameterTuningJob": [{"HyperParameterTuningJobArn": JOB_ARN}],
    }
    with service(monkeypatch, **answers) as running:
        tuner = HyperparameterTuner.attach("roads-260131-100000", Session())
        tuner.fit({name: f"s3://street/{name}" for name in CHANNELS}, wait=False)
    (asked,) = running.asked("CreateHyperParameterTuningJob")
    assert asked["HyperParameterTuningJobConfig"] == {**config, "ParameterRanges": CONFIG["ParameterRanges"]}
    assert asked["WarmStartConfig"] == warm_start
    assert re.fullmatch(r"roads-\d{6}-\d{6}", asked["HyperParameterTuningJobName"])


def test_attach_finds_the_settings_and_the_best_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "DescribeHyperParameterTuningJob": [described("InProgress", BestTrainingJob=SUMMARY)],
        "StopHyperParameterTuningJob": [{}],
    }
    with service(monkeypatch, **answers) as running:
        tuner = HyperparameterTuner.attach("tune", Session())
        assert tuner.best_training_job() == "tune-001-abc"
        tuner.stop_tuning_job()
    assert running.asked("StopHyperParameterTuningJob") == [{"HyperParameterTuningJobName": "tune"}]
    assert tuner.hyperparameter_ranges() == CONFIG["ParameterRanges"]
    assert (tuner.strategy, tuner.max_jobs, tuner.max_parallel_jobs, tuner.random_seed) == ("Bayesian", 4, 2, 7)
    assert tuner.estimator.role == ROLE
    assert tuner.estimator.instance_type == "ml.p3.2xlarge"
    assert tuner.estimator.hyperparameters() == DEFINITION["StaticHyperParameters"]
