"""Jobs of SageMaker in the console, against an AWS that answers as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.aws import moto
from tests.aws.scripted_service import Service, scripted
from tests.console.served import Visitor, console

ROLE = "arn:aws:iam::123456789012:role/maps"
ARN = "arn:aws:sagemaker:us-west-2:123456789012:training-job/far"
CHANNELS = ("train", "train_annotation", "validation", "validation_annotation")
JOB: dict[str, Any] = {
    "TrainingJobName": "far",
    "TrainingJobArn": ARN,
    "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/far/output/model.tar.gz"},
    "TrainingJobStatus": "InProgress",
    "SecondaryStatus": "Training",
    "HyperParameters": {"num_classes": "2"},
    "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
    "ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://pictures/train/"}},
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://bucket"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    "CreationTime": 1_700_000_000.0,
    "FinalMetricDataList": [{"MetricName": "validation:mIOU", "Value": 0.5, "Timestamp": 1_700_000_000.0}],
}
FIELDS = (
    *((f"channel.{name}", f"s3://pictures/{name}/") for name in CHANNELS),
    *(("job_name", "far"), ("instance_type", "ml.g5.xlarge"), ("role", ROLE), ("output_path", "s3://bucket")),
    *(("num_classes", "2"), ("num_training_samples", "9")),
)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    for name, value in moto.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    answers: dict[str, list[Any]] = {
        "CreateTrainingJob": [{"TrainingJobArn": ARN}],
        "DescribeTrainingJob": [JOB],
        "StopTrainingJob": [{}],
    }
    with scripted(answers) as found:
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.url)
        yield found


@pytest.fixture
def far(service: Service, tmp_path: Path) -> Iterator[Visitor]:
    with console(tmp_path) as visitor:
        yield visitor


def test_a_job_is_ordered_of_sagemaker_with_its_role(far: Visitor, service: Service) -> None:
    answer = far.post("/train", *FIELDS)
    assert (answer.status, answer.headers.get("Location")) == (303, "/jobs/far"), answer.data.decode()
    (asked,) = service.asked("CreateTrainingJob")
    assert (asked["TrainingJobName"], asked["RoleArn"]) == ("far", ROLE)
    assert asked["HyperParameters"] == {"num_classes": "2", "num_training_samples": "9"}


def test_a_job_of_sagemaker_has_a_page_and_is_stopped_from_it(far: Visitor, service: Service) -> None:
    page = far.page("/jobs/far")
    for part in (
        "In progress",
        "on SageMaker, ml.g5.xlarge; Training",
        "validation:mIOU",
        "0.500",
        "s3://pictures/train/",
    ):
        assert part in page
    assert far.post("/jobs/far/stop").headers["Location"] == "/jobs/far"
    assert service.asked("StopTrainingJob") == [{"TrainingJobName": "far"}]


def test_nothing_is_asked_of_aws_while_one_types(far: Visitor, service: Service) -> None:
    assert far.post("/train/looked-over", ("data", "s3://pictures/street"), *FIELDS).status == 200
    assert 'list="types"' in far.page("/train")
    far.page("/jobs")
    assert service.calls == []
