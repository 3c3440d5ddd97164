"""Training jobs of SageMaker: their states, logs, ends and metrics, on a service that answers as it is told."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from semseg import exceptions
from semseg.aws.account import Account
from semseg.aws.training_jobs import TrainingJobs
from semseg.errors import TrainingError, UserError
from tests.aws import moto
from tests.aws.scripted_service import Refusal, Service, scripted

ROLE = "arn:aws:iam::123456789012:role/training"
IMAGE = "433757028032.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:1"
NOON = 1700000000  # 2023-11-14 22:13:20 UTC
STREAM = "horses/algo-1-1700000000"
STARTING = {"Status": "Starting", "StartTime": NOON, "StatusMessage": "Preparing the instances for training"}
TRAINING = {"Status": "Training", "StartTime": NOON + 60, "StatusMessage": "Training image download completed."}


def request(**changes: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "horses",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "InputDataConfig": [channel("s3://horses/train")],
        "OutputDataConfig": {"S3OutputPath": "s3://horses/models"},
        "ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "HyperParameters": {"num_classes": "2", "num_training_samples": "3"},
        **changes,
    }


def channel(uri: str) -> dict[str, Any]:
    return {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def described(status: str, *states: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": "horses",
        "TrainingJobArn": "arn:aws:sagemaker:us-west-2:123456789012:training-job/horses",
        "TrainingJobStatus": status,
        "SecondaryStatus": more.pop("SecondaryStatus", status if status != "InProgress" else "Training"),
        "ModelArtifacts": {"S3ModelArtifacts": "s3://horses/models/horses/output/model.tar.gz"},
        "AlgorithmSpecification": {
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:mIOU", "Regex": "mIOU: (\\S+)"}],
        },
        "ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "CreationTime": NOON,
        "SecondaryStatusTransitions": list(states),
        **more,
    }


def lines(*messages: str, token: str) -> dict[str, Any]:
    return {"events": [{"message": message} for message in messages], "nextForwardToken": token}


@contextmanager
def service(monkeypatch: pytest.MonkeyPatch, **answers: Any) -> Iterator[Service]:
    for name, value in moto.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with scripted(answers) as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        yield running


def jobs() -> TrainingJobs:
    return TrainingJobs(Account(), poll_seconds=0.01)


@pytest.mark.usefixtures("aws")
def test_a_job_is_started_as_it_was_asked_for() -> None:
    jobs().start(request())
    job = jobs().describe("horses")
    assert job["RoleArn"] == ROLE
    assert job["OutputDataConfig"]["S3OutputPath"] == "s3://horses/models"
    assert job["HyperParameters"] == {"num_classes": "2", "num_training_samples": "3"}


@pytest.mark.usefixtures("aws")
def test_a_job_without_an_output_path_writes_to_the_default_bucket() -> None:
    jobs().start(request(OutputDataConfig={}))
    output = jobs().describe("horses")["OutputDataConfig"]["S3OutputPath"]
    assert output == "s3://sagemaker-us-west-2-123456789012/"


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"RoleArn": None}, "a managed training job needs a role, got None"),
        ({"InputDataConfig": [channel("/data/train")]}, "'train' of a managed training job must be in S3"),
        ({"OutputDataConfig": {"S3OutputPath": "file:///models"}}, "must be an S3 URI"),
    ],
)
def test_what_sagemaker_cannot_reach_is_refused_before_it_is_asked(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        jobs().start(request(**changes))


def test_states_and_log_lines_are_printed_once_and_the_last_line_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = {"TrainingTimeInSeconds": 100, "BillableTimeInSeconds": 40, "EnableManagedSpotTraining": True}
    done = described("Completed", STARTING, TRAINING, **seconds)
    with service(
        monkeypatch,
        DescribeTrainingJob=[described("InProgress", STARTING), described("InProgress", STARTING, TRAINING), done],
        DescribeLogStreams=[
            Refusal("ResourceNotFoundException", "no such group"),
            {"logStreams": [{"logStreamName": STREAM}]},
        ],
        GetLogEvents=[
            lines("first", "second", token="f/2"),
            lines(token="f/2"),
            lines("third", token="f/3"),
            lines(token="f/3"),
        ],
    ):
        jobs().wait("horses", show_logs=True)
    printed = capsys.readouterr().out.splitlines()
    assert [line[20:] for line in printed if " - " in line] == [
        "Starting - Preparing the instances for training",
        "Training - Training image download completed.",
    ]
    assert [line for line in printed if " - " not in line] == [
        "first",
        "second",
        "third",
        "Training seconds: 100",
        "Billable seconds: 40",
        "Managed Spot Training savings: 60.0%",
    ]


def test_a_failed_job_is_an_error_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = described("Failed", FailureReason="ClientError: num_classes must be an integer")
    with service(monkeypatch, DescribeTrainingJob=[failed]), pytest.raises(TrainingError) as caught:
        jobs().wait("horses", show_logs=False)
    assert str(caught.value) == (
        "Error for Training job horses: Failed. Reason: ClientError: num_classes must be an integer"
    )


def test_the_errors_of_failed_jobs_have_the_sdks_names(monkeypatch: pytest.MonkeyPatch) -> None:
    full = described("Failed", FailureReason="CapacityError: Unable to provision requested ML compute capacity")
    with service(monkeypatch, DescribeTrainingJob=[full]), pytest.raises(exceptions.CapacityError) as caught:
        jobs().wait("horses", show_logs=False)
    assert isinstance(caught.value, TrainingError)
    failed = described("Failed", FailureReason="ClientError")
    with service(monkeypatch, DescribeTrainingJob=[failed]), pytest.raises(TrainingError) as other:
        jobs().wait("horses", show_logs=False)
    assert isinstance(other.value, exceptions.UnexpectedStatusException)
    assert not isinstance(other.value, exceptions.CapacityError)
    assert (other.value.actual_status, other.value.allowed_statuses) == ("Failed", ("Completed", "Stopped"))


def test_a_stopped_job_is_a_warning(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    stopped = described("Stopped", SecondaryStatus="MaxRuntimeExceeded")
    with service(monkeypatch, DescribeTrainingJob=[stopped]), caplog.at_level(logging.WARNING):
        jobs().wait("horses", show_logs=False)
    assert caplog.messages == ["Training job horses was stopped before its last epoch: MaxRuntimeExceeded"]


def test_a_job_is_asked_to_stop_only_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    with service(
        monkeypatch,
        DescribeTrainingJob=[described("InProgress"), described("Completed")],
        StopTrainingJob=[{}],
    ) as running:
        jobs().stop("horses")
        jobs().stop("horses")
    assert running.asked("StopTrainingJob") == [{"TrainingJobName": "horses"}]


WAITING = """
from semseg import exceptions
from semseg.aws.account import Account
from semseg.aws.training_jobs import TrainingJobs
print("begun", flush=True)
try:
    TrainingJobs(Account(), poll_seconds=0.05).wait("horses", show_logs=False)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_the_waiting_and_not_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    with service(monkeypatch, DescribeTrainingJob=[described("InProgress", STARTING)]) as running:
        command = [sys.executable, "-c", WAITING]
        with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            assert "Starting" in process.stdout.readline()
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
    assert rest == (
        "No longer waiting for training job 'horses', which goes on: Estimator.attach('horses') waits again, "
        "Session().stop_training_job('horses') stops it.\ninterrupted\n"
    )
    assert running.asked("StopTrainingJob") == []


@pytest.mark.usefixtures("aws")
def test_metrics_are_the_means_of_each_minute_in_cloudwatch() -> None:
    account = Account()
    start = datetime.now(timezone.utc).replace(second=0, microsecond=0) - timedelta(minutes=10)
    for minute, value in ((0, 0.25), (1, 0.5)):
        account.connection.client("cloudwatch").put_metric_data(
            Namespace="/aws/sagemaker/TrainingJobs",
            MetricData=[
                {
                    "MetricName": "validation:mIOU",
                    "Dimensions": [{"Name": "TrainingJobName", "Value": "horses"}],
                    "Timestamp": start + timedelta(minutes=minute),
                    "Value": value,
                }
            ],
        )
    jobs().start(request())
    job = {**jobs().describe("horses"), "TrainingStartTime": start, "TrainingEndTime": start + timedelta(minutes=5)}
    found = sorted(jobs().series(job, "validation:mIOU"), key=lambda metric: metric.time)
    assert [(metric.value, metric.time) for metric in found] == [(0.25, start), (0.5, start + timedelta(minutes=1))]


@pytest.mark.usefixtures("aws")
def test_a_job_of_a_day_has_no_more_means_than_the_1440_that_cloudwatch_gives() -> None:
    account = Account()
    start = datetime.now(timezone.utc).replace(second=0, microsecond=0) - timedelta(days=1)
    data = [
        {
            "MetricName": "validation:mIOU",
            "Dimensions": [{"Name": "TrainingJobName", "Value": "horses"}],
            "Timestamp": start + timedelta(minutes=minute),
            "Value": minute,
        }
        for minute in range(1441)
    ]
    for some in (data[:1000], data[1000:]):  # as many as one request may have
        account.connection.client("cloudwatch").put_metric_data(
            Namespace="/aws/sagemaker/TrainingJobs", MetricData=some
        )
    job = {"TrainingJobName": "horses", "TrainingStartTime": start, "TrainingEndTime": start + timedelta(days=1)}
    found = sorted(jobs().series({**job, "CreationTime": start}, "validation:mIOU"), key=lambda metric: metric.time)
    assert len(found) == 721  # one for two minutes, the last for one
    assert [found[0].value, found[1].value, found[720].value] == [0.5, 2.5, 1440]


@pytest.mark.usefixtures("aws")
def test_where_cloudwatch_keeps_nothing_the_job_tells_its_last_metrics() -> None:
    jobs().start(request())
    told = jobs().describe("horses")["FinalMetricDataList"]
    assert told
    found = {(metric.name, metric.value) for metric in jobs().metrics("horses")}
    assert found == {(metric["MetricName"], metric["Value"]) for metric in told}
