"""Batch transform jobs of SageMaker: on moto, and where moto has no changing states on a scripted service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.aws.transform_jobs import TransformJobs
from semseg.errors import PlatformError, UserError
from semseg.session import Session
from semseg.transformer import Transformer
from tests.aws import moto
from tests.aws.scripted_service import Refusal, Service, scripted
from tests.recorder import Recorder

ARN = "arn:aws:sagemaker:us-west-2:123456789012:transform-job/masks"
STREAM = "masks/i-0123-456"


def described(status: str, **more: Any) -> dict[str, Any]:
    return {
        "TransformJobName": "masks",
        "TransformJobArn": ARN,
        "TransformJobStatus": status,
        "ModelName": "street",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/in"}}},
        "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
        "CreationTime": 1700000000,
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


@pytest.mark.usefixtures("aws")
def test_a_job_is_asked_for_with_every_argument_where_the_api_wants_it() -> None:
    session = Session()
    transformer = Transformer(
        "street",
        2,
        "ml.m5.xlarge",
        strategy="SingleRecord",
        assemble_with="None",
        output_path="s3://street/out",
        output_kms_key="out-key",
        accept="image/png",
        max_concurrent_transforms=4,
        max_payload=10,
        tags={"team": "roads"},
        env={"COLOUR": "green"},
        base_transform_job_name="masks",
        sagemaker_session=session,
        volume_kms_key="disk-key",
    )
    transformer.transform(
        "s3://street/in",
        content_type="image/jpeg",
        split_type="None",
        compression_type="None",
        input_filter="$",
        output_filter="$",
        join_source="None",
        model_client_config={"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 1},
    )
    assert transformer.latest_transform_job
    job = transformer.latest_transform_job.describe()
    assert job["TransformJobName"].startswith("masks-20")
    assert {key: job[key] for key in ("ModelName", "MaxConcurrentTransforms", "MaxPayloadInMB", "BatchStrategy")} == {
        "ModelName": "street",
        "MaxConcurrentTransforms": 4,
        "MaxPayloadInMB": 10,
        "BatchStrategy": "SingleRecord",
    }
    assert job["ModelClientConfig"] == {"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 1}
    assert job["Environment"] == {"COLOUR": "green"}
    assert job["TransformInput"] == {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://street/in"}},
        "ContentType": "image/jpeg",
        "CompressionType": "None",
        "SplitType": "None",
    }
    assert job["TransformOutput"] == {
        "S3OutputPath": "s3://street/out",
        "Accept": "image/png",
        "AssembleWith": "None",
        "KmsKeyId": "out-key",
    }
    assert job["TransformResources"] == {
        "InstanceType": "ml.m5.xlarge",
        "InstanceCount": 2,
        "VolumeKmsKeyId": "disk-key",
    }
    assert job["DataProcessing"] == {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"}


@pytest.mark.usefixtures("aws")
def test_each_job_without_an_output_path_has_a_folder_of_the_default_bucket() -> None:
    transformer = Transformer("street", 1, "ml.m5.xlarge", sagemaker_session=Session(default_bucket_prefix="mine"))
    for name in ("one", "two"):
        transformer.transform("s3://street/in", job_name=name)
        assert transformer.output_path == f"s3://sagemaker-us-west-2-123456789012/mine/{name}"


@pytest.mark.usefixtures("aws")
def test_attach_finds_the_job_with_its_settings() -> None:
    first = Transformer("street", 1, "ml.m5.xlarge", accept="image/png", max_payload=8, sagemaker_session=Session())
    first.transform("s3://street/in", job_name="masks", wait=False)
    again = Transformer.attach("masks", Session())
    assert (again.model_name, again.accept, again.max_payload) == ("street", "image/png", 8)
    assert again.output_path == first.output_path
    again.wait()


@pytest.mark.usefixtures("aws")
def test_a_job_that_is_not_there_is_told_in_one_sentence() -> None:
    with pytest.raises(UserError, match=r"^could not describe transform job 'other': "):
        Transformer.attach("other", Session())


def test_waiting_prints_the_log_of_each_machine_as_it_comes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {
        "DescribeTransformJob": [described("InProgress"), described("InProgress"), described("Completed")],
        "DescribeLogStreams": [
            Refusal("ResourceNotFoundException", "no group"),
            {"logStreams": [{"logStreamName": STREAM}]},
        ],
        "GetLogEvents": [
            lines("one", "two", token="f/1"),
            lines(token="f/1"),
            lines("three", token="f/2"),
            lines(token="f/2"),
        ],
    }
    with service(monkeypatch, **answers) as running:
        TransformJobs(Account(), poll_seconds=0.01).wait("masks", show_logs=True)
    assert capsys.readouterr().out.splitlines() == ["one", "two", "three"]
    assert running.asked("DescribeLogStreams")[0] == {
        "logGroupName": "/aws/sagemaker/TransformJobs",
        "logStreamNamePrefix": "masks/",
    }
    assert [call.get("nextToken") for call in running.asked("GetLogEvents")] == [None, "f/1", "f/1", "f/2"]


def test_a_failed_job_raises_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = described("Failed", FailureReason="AlgorithmError: the picture is cut off")
    with (
        service(monkeypatch, DescribeTransformJob=[failed]),
        pytest.raises(
            PlatformError,
            match=r"^Error for Transform job masks: Failed\. Reason: AlgorithmError: the picture is cut off$",
        ),
    ):
        TransformJobs(Account()).wait("masks", show_logs=False)


def test_a_job_is_stopped_and_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {
        "DescribeTransformJob": [described("InProgress"), described("Stopped")],
        "StopTransformJob": [{}],
    }
    with service(monkeypatch, **answers) as running:
        jobs = TransformJobs(Account(), poll_seconds=0.01)
        jobs.stop("masks")
        jobs.wait("masks", show_logs=False)
    assert running.asked("StopTransformJob") == [{"TransformJobName": "masks"}]
    assert len(running.asked("DescribeTransformJob")) == 2


def test_what_waiting_shows_goes_to_the_teller_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {
        "DescribeTransformJob": [described("Completed")],
        "DescribeLogStreams": [{"logStreams": [{"logStreamName": STREAM}]}],
        "GetLogEvents": [lines("one", token="f/1"), lines(token="f/1")],
    }
    session = Session()
    session.teller = recorder = Recorder()
    with service(monkeypatch, **answers):
        session.managed.wait_for_transform_job("masks", show_logs=True)
    assert recorder.lines == ["one"]
    assert capsys.readouterr().out == ""


def test_a_job_that_sagemaker_keeps_is_not_deleted() -> None:
    with pytest.raises(UserError, match=r"^transform job 'masks' cannot be deleted: SageMaker keeps"):
        Session().managed.delete_transform_job("masks")
