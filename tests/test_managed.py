"""Estimator, Model and Predictor on SageMaker: what it is asked, held literally, and what becomes of its answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

import semseg
from semseg.async_inference import AsyncInferenceConfig, AsyncInferenceResponse, WaiterConfig
from semseg.contract.s3_uri import S3Uri
from semseg.debugger import TensorBoardOutputConfig
from semseg.deserializers import BytesDeserializer, MaskDeserializer, StreamDeserializer
from semseg.enums import EndpointType, RoutingStrategy
from semseg.errors import HyperparameterError, PlatformError, RequestError, UserError
from semseg.inputs import FileSystemInput, TrainingInput
from semseg.model import Model
from semseg.model_monitor import DataCaptureConfig
from semseg.predictor import Predictor, RealTimePredictor
from semseg.predictor_async import AsyncPredictor
from semseg.serializers import IdentitySerializer
from semseg.serverless import ServerlessInferenceConfig
from semseg.session import s3_input
from tests.aws import moto
from tests.aws.scripted_service import Refusal, Service, scripted

ROLE = "arn:aws:iam::123456789012:role/maps"
IMAGE = "433757028032.dkr.ecr.us-west-2.amazonaws.com/semantic-segmentation:1"
ARCHIVE = "s3://pictures/models/model.tar.gz"
CHANNELS = ("train", "train_annotation", "validation", "validation_annotation")
STARTED = {"TrainingJobArn": "arn:aws:sagemaker:us-west-2:123456789012:training-job/job"}


@pytest.fixture
def sagemaker(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Service]:
    for name, value in moto.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    with scripted({"CreateTrainingJob": [STARTED]}) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        yield service


def inputs() -> dict[str, Any]:
    return {name: f"s3://pictures/{name}/" for name in CHANNELS}


def estimator(**changed: Any) -> semseg.Estimator:
    settings: dict[str, Any] = {
        "role": ROLE,
        "instance_count": 1,
        "instance_type": "ml.p3.2xlarge",
        "sagemaker_session": semseg.Session(default_bucket="bucket", default_bucket_prefix="maps"),
        "hyperparameters": {"num_classes": 21, "num_training_samples": 1464, "early_stopping": True},
        **changed,
    }
    return semseg.Estimator(**settings)


def test_every_argument_is_where_the_api_wants_it(sagemaker: Service) -> None:
    estimator(
        keep_alive_period_in_seconds=60,
        volume_size=50,
        volume_kms_key="disk",
        max_run=3600,
        input_mode="FastFile",
        output_path="s3://pictures/models",
        output_kms_key="model",
        tags={"team": "maps"},
        subnets=["subnet-1"],
        security_group_ids=["sg-1"],
        model_uri="s3://pictures/old/model.tar.gz",
        encrypt_inter_container_traffic=True,
        use_spot_instances=True,
        max_wait=7200,
        checkpoint_s3_uri="s3://pictures/checkpoints",
        checkpoint_local_path="/opt/ml/checkpoints",
        enable_network_isolation=True,
        enable_sagemaker_metrics=True,
        disable_profiler=True,
        environment={"COLOUR": "green"},
        max_retry_attempts=3,
        disable_output_compression=True,
        enable_infra_check=True,
        enable_remote_debug=True,
        enable_session_tag_chaining=True,
        debugger_hook_config=False,
        tensorboard_output_config=TensorBoardOutputConfig("s3://pictures/events", "/opt/ml/output/events"),
    ).fit(inputs(), wait=False, job_name="job", experiment_config={"TrialName": "first"})
    model = {
        "ChannelName": "model",
        "DataSource": source("s3://pictures/old/model.tar.gz"),
        "ContentType": "application/x-sagemaker-model",
        "InputMode": "File",
    }
    assert sagemaker.asked("CreateTrainingJob") == [
        {
            "TrainingJobName": "job",
            "RoleArn": ROLE,
            "AlgorithmSpecification": {
                "TrainingImage": IMAGE,
                "TrainingInputMode": "FastFile",
                "EnableSageMakerMetricsTimeSeries": True,
            },
            "HyperParameters": {"num_classes": "21", "num_training_samples": "1464", "early_stopping": "True"},
            "InputDataConfig": [
                *({"ChannelName": name, "DataSource": source(f"s3://pictures/{name}/")} for name in CHANNELS),
                model,
            ],
            "OutputDataConfig": {
                "S3OutputPath": "s3://pictures/models",
                "KmsKeyId": "model",
                "CompressionType": "NONE",
            },
            "ResourceConfig": {
                "InstanceType": "ml.p3.2xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 50,
                "VolumeKmsKeyId": "disk",
                "KeepAlivePeriodInSeconds": 60,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
            "Environment": {"COLOUR": "green"},
            "Tags": [{"Key": "team", "Value": "maps"}],
            "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
            "CheckpointConfig": {"S3Uri": "s3://pictures/checkpoints", "LocalPath": "/opt/ml/checkpoints"},
            "TensorBoardOutputConfig": {"S3OutputPath": "s3://pictures/events", "LocalPath": "/opt/ml/output/events"},
            "EnableManagedSpotTraining": True,
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": True,
            "RetryStrategy": {"MaximumRetryAttempts": 3},
            "ProfilerConfig": {"DisableProfiler": True},
            "InfraCheckConfig": {"EnableInfraCheck": True},
            "RemoteDebugConfig": {"EnableRemoteDebug": True},
            "SessionChainingConfig": {"EnableSessionTagChaining": True},
            "ExperimentConfig": {"TrialName": "first"},
        }
    ]


def source(uri: str) -> dict[str, Any]:
    return {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri, "S3DataDistributionType": "FullyReplicated"}}


def test_an_image_of_ones_own_takes_its_metrics_commands_and_our_hyperparameters(sagemaker: Service) -> None:
    own = estimator(
        output_path="s3://pictures/models",
        image_uri="123456789012.dkr.ecr.us-west-2.amazonaws.com/ours:3",
        metric_definitions=[{"Name": "loss", "Regex": "loss: (.*)"}],
        container_entry_point=["train"],
        container_arguments=["--quick"],
        training_repository_access_mode="Vpc",
        training_repository_credentials_provider_arn="arn:aws:lambda:us-west-2:123456789012:function:credentials",
        hyperparameters={"num_classes": 2, "num_training_samples": 3, "seed": 7},
    )
    own.fit({**inputs(), "label_map": FileSystemInput("fs-0123456789abcdef0", "EFS", "/maps")}, wait=False)
    (request,) = sagemaker.asked("CreateTrainingJob")
    assert request["AlgorithmSpecification"] == {
        "TrainingImage": "123456789012.dkr.ecr.us-west-2.amazonaws.com/ours:3",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "loss", "Regex": "loss: (.*)"}],
        "ContainerEntrypoint": ["train"],
        "ContainerArguments": ["--quick"],
        "TrainingImageConfig": {
            "TrainingRepositoryAccessMode": "Vpc",
            "TrainingRepositoryAuthConfig": {
                "TrainingRepositoryCredentialsProviderArn": (
                    "arn:aws:lambda:us-west-2:123456789012:function:credentials"
                )
            },
        },
    }
    assert request["HyperParameters"]["seed"] == "7"
    assert request["InputDataConfig"][-1]["DataSource"]["FileSystemDataSource"]["DirectoryPath"] == "/maps"


@pytest.mark.parametrize(
    ("settings", "channels", "error", "sentence"),
    [
        ({"role": None}, {}, UserError, "^a managed training job needs a role, got None"),
        ({}, {"train": "/data/train"}, UserError, "^channel 'train' of a managed .* got '/data/train': upload it"),
        (
            {"tensorboard_output_config": TensorBoardOutputConfig("/events")},
            {},
            UserError,
            "^s3_output_path of the events of a managed training job must be an S3 URI",
        ),
        ({"output_path": "/models"}, {}, UserError, "^output_path of .* must be an S3 URI .*, got '/models'$"),
        (
            {"hyperparameters": {"num_classes": 2, "num_training_samples": 3, "seed": 1}},
            {},
            HyperparameterError,
            "^seed must be left out with SageMaker's built-in algorithm",
        ),
        (
            {"hyperparameters": {"num_classes": 2, "num_training_samples": 3, "export": "openvino-int8"}},
            {},
            HyperparameterError,
            "^export must be left out with SageMaker's built-in algorithm",
        ),
        (
            {"hyperparameters": {"num_classes": 2, "num_training_samples": 3, "engine": "pytorch"}},
            {},
            HyperparameterError,
            "^engine must be left out with SageMaker's built-in algorithm",
        ),
        (
            {"hyperparameters": {"num_classes": 2, "num_training_samples": 3, "sample_bits": 12}},
            {},
            HyperparameterError,
            "^sample_bits must be left out with SageMaker's built-in algorithm",
        ),
        (
            {"hyperparameters": {"num_classes": 2, "num_training_samples": 3, "precision_dtype": "auto"}},
            {},
            HyperparameterError,
            "^precision_dtype must be float32 with SageMaker's built-in algorithm, got 'auto'",
        ),
        (
            {"hyperparameters": {"num_classes": 2}},
            {},
            HyperparameterError,
            "^num_training_samples must be set with SageMaker's built-in algorithm, got none",
        ),
        ({"metric_definitions": [{"Name": "a", "Regex": "b"}]}, {}, UserError, "^metric_definitions must be left out"),
    ],
)
def test_what_would_fail_later_is_refused_before_sagemaker_is_asked(
    sagemaker: Service, settings: Any, channels: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        estimator(**settings).fit({**inputs(), **channels}, wait=False)
    assert sagemaker.calls == []


def test_a_job_is_found_again_with_its_settings_and_its_model_is_in_the_default_bucket(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    first = estimator(
        sagemaker_session=semseg.Session(default_bucket_prefix="maps"),
        use_spot_instances=True,
        max_wait=90000,
        tags={"team": "maps"},
    )
    first.fit(inputs(), wait=False, job_name="job")
    attached = semseg.Estimator.attach("job")
    assert (attached.instance_type, attached.max_wait, attached.use_spot_instances) == ("ml.p3.2xlarge", 90000, True)
    assert attached.hyperparameters()["num_classes"] == "21"
    assert attached.tags == [{"Key": "team", "Value": "maps"}]
    assert attached.training_image_uri() == IMAGE
    bucket = attached.sagemaker_session.default_bucket()
    assert attached.output_path == f"s3://{bucket}/maps"
    assert str(attached.model_data).startswith(f"s3://{bucket}/maps/job/")


def test_a_job_of_sagemaker_is_not_resumed_and_the_sentence_says_what_does_it(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    estimator().fit(inputs(), wait=False, job_name="without")
    assert capsys.readouterr().out.startswith("Training job without runs on SageMaker in us-west-2. Follow it with ")
    estimator(checkpoint_s3_uri="s3://street/kept").fit(inputs(), wait=False, job_name="with")
    refusal = r"^training job '{}' ran on SageMaker, which starts no job again: "
    with pytest.raises(UserError, match=refusal.format("with") + r"fit .*checkpoint_s3_uri='s3://street/kept', and it"):
        semseg.Estimator.attach("with", wait=False).resume()
    with pytest.raises(UserError, match=refusal.format("without") + r"it kept no checkpoints"):
        semseg.Session().resume_training_job("without")


def test_a_model_that_is_there_already_is_taken_again_but_never_another_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name, value in {**moto.ENVIRONMENT, "SEMSEG_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    kept = {
        "ModelName": "street",
        "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": ARCHIVE},
        "ExecutionRoleArn": ROLE,
        "CreationTime": 1700000000,
        "ModelArn": "arn:aws:sagemaker:us-west-2:123456789012:model/street",
    }
    taken = Refusal("ValidationException", "Cannot create already existing model")
    with scripted({"CreateModel": [taken], "DescribeModel": [kept]}) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        model(name="street").create("ml.m5.xlarge")
        with pytest.raises(UserError, match=r"^could not create model 'street': .*already existing model"):
            model(name="street", env={"COLOUR": "green"}).create("ml.m5.xlarge")


VARIANT = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}


@contextmanager
def updatable(
    monkeypatch: pytest.MonkeyPatch, home: Path, updated: Callable[[Service], Any], **more: list[Any]
) -> Iterator[Service]:
    """SageMaker with the endpoint "streets", which has the configuration "small" and is ``updated`` after an update."""
    for name, value in {**moto.ENVIRONMENT, "SEMSEG_HOME": str(home)}.items():
        monkeypatch.setenv(name, value)
    arn = "arn:aws:sagemaker:us-west-2:123456789012:endpoint/streets"
    config = {
        "EndpointConfigName": "small",
        "EndpointConfigArn": arn,
        "ProductionVariants": [VARIANT],
        "CreationTime": 1700000000,
        "KmsKeyId": "disk",
    }
    answers: dict[str, list[Any]] = {
        "DescribeEndpoint": [streets("small"), updated],
        "DescribeEndpointConfig": [config],
        "CreateEndpointConfig": [{"EndpointConfigArn": arn}],
        "UpdateEndpoint": [{"EndpointArn": arn}],
        **more,
    }
    with scripted(answers) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        yield service


def streets(config: str, **more: Any) -> dict[str, Any]:
    return {
        "EndpointName": "streets",
        "EndpointArn": "arn:aws:sagemaker:us-west-2:123456789012:endpoint/streets",
        "EndpointConfigName": config,
        "EndpointStatus": "InService",
        "CreationTime": 1700000000,
        "LastModifiedTime": 1700000000,
        **more,
    }


def with_its_new_configuration(service: Service) -> dict[str, Any]:
    return streets(service.asked("UpdateEndpoint")[0]["EndpointConfigName"])


def test_an_endpoint_takes_another_size_and_keeps_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with updatable(monkeypatch, tmp_path, with_its_new_configuration) as service:
        Predictor("streets").update_endpoint(initial_instance_count=3)
    (created,) = service.asked("CreateEndpointConfig")
    assert created["ProductionVariants"] == [{**VARIANT, "InitialInstanceCount": 3}]
    assert created["KmsKeyId"] == "disk"
    assert service.asked("UpdateEndpoint") == [
        {"EndpointName": "streets", "EndpointConfigName": created["EndpointConfigName"]}
    ]


def test_an_update_that_sagemaker_took_back_is_an_error_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    taken_back = streets("small", FailureReason="no machine is free")
    sentence = r"^endpoint 'streets' was not updated and still has configuration 'small'\. Reason: no machine is free$"
    with updatable(monkeypatch, tmp_path, lambda _: taken_back), pytest.raises(PlatformError, match=sentence):
        Predictor("streets").update_endpoint(initial_instance_count=3)


def test_an_update_that_is_refused_leaves_no_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refused = Refusal("ValidationException", "Cannot update in-progress endpoint")
    with (
        updatable(
            monkeypatch, tmp_path, with_its_new_configuration, UpdateEndpoint=[refused], DeleteEndpointConfig=[{}]
        ) as service,
        pytest.raises(UserError, match=r"^could not update endpoint 'streets': .*in-progress"),
    ):
        Predictor("streets").update_endpoint(initial_instance_count=3)
    (created,) = service.asked("CreateEndpointConfig")
    assert service.asked("DeleteEndpointConfig") == [{"EndpointConfigName": created["EndpointConfigName"]}]


def model(**changed: Any) -> Model:
    return Model(IMAGE, ARCHIVE, ROLE, sagemaker_session=semseg.Session(default_bucket="bucket"), **changed)


def test_an_endpoint_is_deployed_asked_and_gone_with_all_that_belongs_to_it(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    served = model(name="street", env={"COLOUR": "green"})
    predictor = served.deploy(
        2,
        "ml.m5.xlarge",
        IdentitySerializer("image/png"),
        BytesDeserializer(),
        endpoint_name="streets",
        kms_key="disk",
        volume_size=40,
        container_startup_health_check_timeout=300,
        data_capture_config=DataCaptureConfig(True, 50, "s3://pictures/captured"),
        routing_config={"RoutingStrategy": RoutingStrategy.LEAST_OUTSTANDING_REQUESTS},
    )
    assert capsys.readouterr().out == "!\n"
    client = predictor.sagemaker_session.sagemaker_client
    assert client.describe_model(ModelName="street")["PrimaryContainer"]["Environment"] == {"COLOUR": "green"}
    config = client.describe_endpoint_config(EndpointConfigName="streets")
    (variant,) = config["ProductionVariants"]
    assert (variant["ModelName"], variant["InstanceType"]) == ("street", "ml.m5.xlarge")
    assert (variant["InitialInstanceCount"], variant["VolumeSizeInGB"]) == (2, 40)
    assert variant["RoutingConfig"] == {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"}
    assert config["KmsKeyId"] == "disk"
    assert config["DataCaptureConfig"]["DestinationS3Uri"] == "s3://pictures/captured"
    assert predictor.endpoint_url is None
    assert isinstance(predictor.predict(b"picture"), bytes)
    predictor.delete_endpoint()
    predictor.delete_model()
    assert client.list_endpoints()["Endpoints"] == []
    assert client.list_endpoint_configs()["EndpointConfigs"] == []
    assert client.list_models()["Models"] == []


def test_words_of_other_endpoints_are_refused() -> None:
    with pytest.raises(UserError, match=r"^endpoint_type must be EndpointType\.MODEL_BASED, got <EndpointType\.INF"):
        model().deploy(1, "ml.m5.xlarge", endpoint_type=EndpointType.INFERENCE_COMPONENT_BASED)
    with pytest.raises(UserError, match=r"^RoutingStrategy must be one of RANDOM, LEAST_.*, got 'NEAREST'$"):
        model().deploy(1, "ml.m5.xlarge", routing_config={"RoutingStrategy": "NEAREST"})


def test_captured_answers_go_to_the_default_bucket_unless_a_folder_is_given(aws: str) -> None:
    session = semseg.Session(default_bucket_prefix="ours")
    config = DataCaptureConfig(True, csv_content_types=[], sagemaker_session=session)
    folder = f"s3://{session.default_bucket()}/ours/model-monitor/data-capture"
    assert config._to_request_dict()["DestinationS3Uri"] == folder
    assert config._to_request_dict()["CaptureContentTypeHeader"] == {"JsonContentTypes": ["application/json"]}


def test_a_session_asks_the_clients_that_it_was_given(aws: str) -> None:
    given = semseg.Session().boto_session.client("sagemaker"), semseg.Session().boto_session.client("sagemaker-runtime")
    session = semseg.Session(None, *given)
    assert (session.sagemaker_client, session.sagemaker_runtime_client) == given
    assert session.managed.sagemaker_client is session.local.sagemaker_client is given[0]


def test_serverless_and_async_endpoints_are_configured_as_the_api_wants_it(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    serverless = model().deploy(serverless_inference_config=ServerlessInferenceConfig(4096, 2), endpoint_name="less")
    client = serverless.sagemaker_session.sagemaker_client
    (variant,) = client.describe_endpoint_config(EndpointConfigName="less")["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 4096, "MaxConcurrency": 2}
    assert "InstanceType" not in variant
    later = model().deploy(
        1, "ml.m5.xlarge", async_inference_config=AsyncInferenceConfig("s3://pictures/answers"), endpoint_name="later"
    )
    assert isinstance(later, AsyncPredictor)
    assert client.describe_endpoint_config(EndpointConfigName="later")["AsyncInferenceConfig"] == {
        "OutputConfig": {"S3OutputPath": "s3://pictures/answers"}
    }


def test_an_asynchronous_answer_is_waited_for_in_s3(aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    session = semseg.Session()
    session.s3_client.create_bucket(
        Bucket=session.default_bucket() + "-in", CreateBucketConfiguration={"LocationConstraint": moto.REGION}
    )
    where = S3Uri(session.default_bucket() + "-in", "picture.png")
    predictor = AsyncPredictor(Predictor("later", session, IdentitySerializer("image/png"), BytesDeserializer()))
    answer = predictor.predict_async(b"picture", str(where))
    assert session.objects.read(where) == b"picture"
    assert isinstance(answer.get_result(QUICK), bytes)


QUICK = WaiterConfig(max_attempts=400, delay=0.05)


@pytest.fixture
def answers(aws: str, tmp_path: Any) -> tuple[AsyncPredictor, S3Uri]:
    """An asynchronous endpoint's predictor, and the folder in which its answers lie."""
    session = semseg.Session()
    where = S3Uri(session.default_bucket() + "-out", "answers")
    session.s3_client.create_bucket(Bucket=where.bucket, CreateBucketConfiguration={"LocationConstraint": moto.REGION})
    return AsyncPredictor(Predictor("later", session, IdentitySerializer("image/png"), StreamDeserializer())), where


@pytest.mark.parametrize(
    ("stored_as", "asked"),
    [
        ("application/x-recordio-protobuf", None),  # the object says it
        ("binary/octet-stream", "application/x-recordio-protobuf, image/png;q=0.5"),  # S3's own for "not said"
    ],
)
def test_an_asynchronous_answer_is_read_as_what_it_is(
    answers: tuple[AsyncPredictor, S3Uri], stored_as: str, asked: str | None
) -> None:
    predictor, where = answers
    predictor.sagemaker_session.objects.write(where, b"probabilities", {"ContentType": stored_as})
    response = AsyncInferenceResponse(predictor, str(where), None, asked)
    stream, content_type = response.get_result(QUICK)
    assert (stream.read(), content_type) == (b"probabilities", "application/x-recordio-protobuf")


def test_what_was_asked_for_is_remembered_until_the_answer(aws: str) -> None:
    predictor = Predictor("later", semseg.Session(), IdentitySerializer("image/png"), MaskDeserializer())
    asked = {"InputLocation": "s3://pictures/a.png", "Accept": "application/x-recordio-protobuf"}
    answer = AsyncPredictor(predictor).predict_async(input_path="s3://pictures/b.png", initial_args=asked)
    assert answer.accept == "application/x-recordio-protobuf"


def test_an_asynchronous_request_of_nothing_is_refused_before_aws_is_asked() -> None:
    predictor = AsyncPredictor(Predictor("later", semseg.Session()))
    with pytest.raises(UserError, match=r"^predict_async needs data or input_path, got neither$"):
        predictor.predict_async()


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        ('Received client error (415) from primary with message "no picture". See CloudWatch.', 415),
        ('Received server error (503) from primary with message "busy". See CloudWatch.', 503),
        ("Your invocation timed out while waiting for a response from container primary.", 500),
    ],
)
def test_a_failed_asynchronous_request_has_the_status_of_its_reason(
    answers: tuple[AsyncPredictor, S3Uri], failure: str, status: int
) -> None:
    predictor, where = answers
    predictor.sagemaker_session.objects.write(where, failure.encode())
    missing = str(where) + "-missing"
    with pytest.raises(RequestError) as refused:
        AsyncInferenceResponse(predictor, missing, str(where)).get_result(QUICK)
    assert (refused.value.status, str(refused.value)) == (status, failure)


def test_a_model_is_registered_in_a_group_that_is_made_once(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    packages = [
        model().register(model_package_group_name="streets", approval_status="Approved", description="first"),
        model().register(model_package_group_name="streets"),
    ]
    assert [package.model_package_arn.rsplit("/", 1)[1] for package in packages] == ["1", "2"]
    kept = packages[0].sagemaker_session.sagemaker_client.describe_model_package(
        ModelPackageName=packages[0].model_package_arn
    )
    assert kept["ModelApprovalStatus"] == "Approved"
    assert kept["InferenceSpecification"]["Containers"][0]["ModelDataUrl"] == ARCHIVE
    with pytest.raises(UserError, match=r"^register needs either model_package_name or model_package_group_name"):
        model().register()


class Refusing(BaseHTTPRequestHandler):
    """SageMaker's runtime, where the model does not like the picture; shaped as InvokeEndpoint's errors are."""

    seen: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        picture = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(self.path)
        full = {"Message": "Received server error", "OriginalStatusCode": 503, "OriginalMessage": "the queue is full"}
        answer = {
            "/endpoints/picky/invocations": (
                424,
                "ModelError",
                {"Message": "Received client error", "OriginalStatusCode": 415, "OriginalMessage": "no picture"},
            ),
            "/endpoints/gone/invocations": (400, "ValidationError", {"Message": "Endpoint gone not found"}),
            "/endpoints/busy/invocations": (503, "ServiceUnavailable", {"Message": "later"}),
            "/endpoints/full/invocations": (424, "ModelError", full),
        }
        status, code, body = answer[self.path]
        if len(self.seen) > 1 and picture == b"picture":
            status, body = 200, {}
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("x-amzn-ErrorType", code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test's output is the test's."""


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[None]:
    for name, value in {**moto.ENVIRONMENT, "SEMSEG_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME", f"http://127.0.0.1:{server.server_port}")
    Refusing.seen.clear()
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize(
    ("endpoint", "status", "sentence"),
    [("picky", 415, "^no picture$"), ("gone", 400, "^Endpoint gone not found$")],
)
def test_a_refusal_of_the_model_carries_its_own_status(endpoint: str, status: int, sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence) as refusal:
        Predictor(endpoint).predict(b"no picture")
    assert refusal.value.status == status


@pytest.mark.usefixtures("runtime")
def test_a_model_that_may_have_seen_a_request_is_not_asked_again() -> None:
    with pytest.raises(PlatformError, match=r"^could not ask endpoint 'busy'"):
        Predictor("busy").predict(b"picture")
    assert Refusing.seen == ["/endpoints/busy/invocations"]


@pytest.mark.usefixtures("runtime")
def test_many_pictures_are_asked_for_and_again_where_the_model_was_busy() -> None:
    assert list(Predictor("full").predict_many([b"picture"])) == [(b"picture", b"{}")]
    assert Refusing.seen == ["/endpoints/full/invocations"] * 2


@pytest.mark.usefixtures("runtime")
def test_many_pictures_end_where_sagemaker_gives_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(Predictor("picky").predict_many([b"text", b"too"])) == []
    assert capsys.readouterr().out == "skipped picture 1: no picture\nskipped picture 2: no picture\n"
    with pytest.raises(PlatformError, match="'busy'"):
        list(Predictor("busy").predict_many([b"text"]))


def test_the_names_of_version_1_warn() -> None:
    with pytest.warns(UserWarning, match="^s3_input is now called TrainingInput$"):
        assert isinstance(s3_input("s3://pictures/train"), TrainingInput)
    with pytest.warns(UserWarning, match="^RealTimePredictor is now called Predictor$"):
        old = RealTimePredictor("pets", content_type="image/jpeg", accept="image/png")
    assert (old.endpoint_name, old.content_type, old.accept) == ("pets", "image/jpeg", "image/png")
