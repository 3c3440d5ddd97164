"""Tuning jobs of SageMaker, on a scripted service: moto has neither trials nor changing states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.aws.tuning_jobs import TuningJobs
from semseg.errors import PlatformError
from semseg.session import Session
from semseg.tuner import HyperparameterTuner, HyperparameterTuningJobAnalytics
from tests.aws import moto
from tests.aws.scripted_service import Service, scripted

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
