"""Which side a session asks: this machine, or SageMaker."""

from __future__ import annotations

from pathlib import Path

import pytest

import semseg
from semseg.aws.managed_session import ManagedSession
from semseg.errors import UserError
from tests.aws import moto
from tests.aws.scripted_service import scripted
from tests.recorder import Recorder


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    return tmp_path


def test_an_instance_type_says_where() -> None:
    session = semseg.Session()
    assert session.for_instance("local") is session.local
    assert session.for_instance("local_gpu") is session.local
    assert session.for_instance("ml.p3.2xlarge") is session.managed


@pytest.mark.usefixtures("aws")
def test_a_name_is_looked_up_here_first_and_then_on_sagemaker(home: Path) -> None:
    session = semseg.Session()
    (home / "jobs" / "horses").mkdir(parents=True)
    (home / "jobs" / "horses" / "job.json").write_text("{}")
    assert session.with_training_job("horses") is session.local
    assert session.with_training_job("streets") is session.managed


def test_without_a_region_a_name_that_is_not_here_is_told_by_what_is_here() -> None:
    with pytest.raises(UserError, match="no endpoint 'horses'"):
        semseg.Predictor("horses").predict(b"")
    with pytest.raises(UserError, match=r"no training job 'horses'"):
        semseg.Estimator.attach("horses")


def test_without_a_region_a_configuration_that_is_not_here_is_told_by_what_is_here() -> None:
    with pytest.raises(UserError, match=r"^there is no endpoint configuration 'horses' on this machine"):
        semseg.Session().delete_endpoint_config("horses")


def test_what_needs_a_region_says_so_without_one() -> None:
    with pytest.raises(UserError, match="AWS needs a region and boto3 knows of none"):
        semseg.Session().default_bucket()


def test_the_two_sides_of_a_session_share_boto3_the_bucket_and_the_teller(aws: str) -> None:
    session = semseg.Session(default_bucket="street", default_bucket_prefix="jobs")
    assert session.local.connection is session.managed.connection is session.connection
    assert session.local.sagemaker_client is session.managed.sagemaker_client
    assert session.local.default_bucket() == session.managed.default_bucket() == "street"
    assert session.local.default_bucket_prefix == session.managed.default_bucket_prefix == "jobs"
    session.teller = Recorder()
    assert session.local.teller is session.managed.teller is session.teller


def test_a_session_without_sagemaker_refuses_to_register_a_model() -> None:
    model = semseg.Model(model_data="model.tar.gz", sagemaker_session=semseg.LocalSession())
    with pytest.raises(UserError, match=r"^register needs SageMaker: a LocalSession has this machine alone"):
        model.register(model_package_name="street")


def test_a_session_of_sagemaker_alone_refuses_to_export_a_model(aws: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^exports are made on this machine: give a Session\(\) or a LocalSession"):
        semseg.export_model("model.tar.gz", tmp_path, sagemaker_session=ManagedSession())


@pytest.mark.usefixtures("aws")
def test_lists_are_sagemakers_in_the_shapes_of_boto3(home: Path) -> None:
    session = semseg.Session()
    for name in ("street-1", "street-2", "horses"):
        session.sagemaker_client.create_model(
            ModelName=name,
            ExecutionRoleArn="arn:aws:iam::123456789012:role/service",
            PrimaryContainer={"Image": "image", "ModelDataUrl": "s3://street/model.tar.gz"},
        )
    session.local.create_model({"ModelName": "street-3", "PrimaryContainer": {"ModelDataUrl": "model.tar.gz"}})
    assert sorted(model["ModelName"] for model in session.list_models()["Models"]) == ["horses", "street-1", "street-2"]
    assert session.list_training_jobs(MaxResults=10)["TrainingJobSummaries"] == []
    assert session.list_transform_jobs(NameContains="street")["TransformJobSummaries"] == []
    assert session.list_endpoints(SortBy="Name", SortOrder="Ascending")["Endpoints"] == []
    assert session.list_endpoint_configs()["EndpointConfigs"] == []
    assert session.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"] == []


def test_without_a_region_lists_are_this_machines(home: Path) -> None:
    session = semseg.Session()
    for name in ("street-1", "horses"):
        session.local.create_model({"ModelName": name, "PrimaryContainer": {"ModelDataUrl": "model.tar.gz"}})
    found = session.list_models(SortBy="Name", SortOrder="Ascending")["Models"]
    assert [model["ModelName"] for model in found] == ["horses", "street-1"]
    assert session.list_training_jobs()["TrainingJobSummaries"] == []
    with pytest.raises(UserError, match="MaxResults"):
        session.list_endpoints(MaxResults=0)


@pytest.mark.usefixtures("aws")
def test_a_filter_that_sagemaker_does_not_take_is_refused_in_one_sentence() -> None:
    with pytest.raises(UserError, match=r"^could not list the training jobs of SageMaker: "):
        semseg.Session().list_training_jobs(MaxResults=0)


def test_a_job_is_deleted_here_where_it_is_here_and_on_sagemaker_otherwise(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in moto.ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    (home / "jobs" / "horses").mkdir(parents=True)
    (home / "jobs" / "horses" / "job.json").write_text('{"TrainingJobName": "horses"}')
    session = semseg.Session()
    with scripted({"DeleteTrainingJob": [{}], "DeleteHyperParameterTuningJob": [{}]}) as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL", service.url)
        session.delete_training_job("horses")
        session.delete_training_job("street")
        session.delete_tuning_job("tune")
    assert not (home / "jobs" / "horses").exists()
    assert service.calls == [
        ("DeleteTrainingJob", {"TrainingJobName": "street"}),
        ("DeleteHyperParameterTuningJob", {"HyperParameterTuningJobName": "tune"}),
    ]
    with pytest.raises(UserError, match="'masks' cannot be deleted"):
        session.delete_transform_job("masks")
