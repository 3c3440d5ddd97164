"""What a model is that evaluate and predict are given: an archive, a job, an endpoint, or the name of one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import semseg
from semseg.errors import UserError
from semseg.estimator import Estimator
from semseg.given_model import FoundModel, find_model
from semseg.job import TrainingJob
from semseg.local import LocalSession
from semseg.local.jobs.home import Home
from semseg.local.training.jobs import Jobs
from semseg.predictor import Predictor
from tests.local.fakes import TRAIN, estimator_at, request_at, run_training_job


def session_with_job(folder: Path, behaviour: str = "complete") -> LocalSession:
    """A session with the job "street-1", which has ended."""
    home = Home(folder / "home")
    run_training_job(Jobs(home, TRAIN), {**request_at(folder, "street-1"), "Environment": {"FAKE_TRAIN": behaviour}})
    return LocalSession.at(home)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> LocalSession:
    return session_with_job(tmp_path_factory.mktemp("trained"))


@pytest.fixture
def empty(tmp_path: Path) -> LocalSession:
    return LocalSession.at(Home(tmp_path / "home"))


@pytest.mark.parametrize(
    "model_of",
    [
        lambda session: "street-1",
        lambda session: TrainingJob(session, "street-1"),
        lambda session: Estimator.attach("street-1", session, wait=False),
    ],
    ids=["name", "job", "estimator"],
)
def test_a_job_gives_its_archive(trained: LocalSession, model_of: Callable[[LocalSession], object]) -> None:
    found = find_model(model_of(trained), trained)  # type: ignore[arg-type]
    assert found.title == "street-1"
    assert found.archive == trained.describe_training_job("street-1")["ModelArtifacts"]["S3ModelArtifacts"]
    assert found.archive_for(trained, {}, "local") == found.archive


@pytest.mark.parametrize("place", ["model.tar.gz", "s3://bucket/model.tar.gz", "file:///tmp/model", "./street-1"])
def test_what_reads_as_a_place_is_one_also_where_a_job_has_its_name(trained: LocalSession, place: str) -> None:
    assert find_model(place, trained).archive == place


def test_a_path_is_a_place(empty: LocalSession, tmp_path: Path) -> None:
    assert find_model(tmp_path / "left", empty) == FoundModel("left", archive=str(tmp_path / "left"))


@pytest.mark.parametrize(
    ("place", "title"),
    [
        ("s3://models/street-1/output/model.tar.gz", "street-1"),
        ("towns/model.tar.gz", "towns"),
        ("model.tar.gz", "model.tar.gz"),
        ("towns/best.tar.gz", "best.tar.gz"),
        ("towns/left/", "left"),
    ],
)
def test_an_archive_is_called_by_the_name_of_its_job_or_folder(empty: LocalSession, place: str, title: str) -> None:
    assert find_model(place, empty).title == title


def test_a_predictor_is_asked_as_it_is(empty: LocalSession) -> None:
    predictor = Predictor("street", empty)
    assert find_model(predictor, empty) == FoundModel("street", predictor)


def test_a_name_that_nothing_has_is_refused(empty: LocalSession) -> None:
    rule = r"^model must be a model\.tar\.gz, a training job or an endpoint, got 'street': nothing has this name$"
    with pytest.raises(UserError, match=rule):
        find_model("street", empty)


def test_what_is_no_model_is_refused(empty: LocalSession) -> None:
    with pytest.raises(UserError, match="or the name of one, got"):
        find_model(5, empty)  # type: ignore[arg-type]


def test_an_estimator_without_a_job_is_refused(empty: LocalSession, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no training job yet"):
        find_model(estimator_at(tmp_path), empty)


def test_a_job_that_failed_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="training job street-1 has no model to work with: it is Failed"):
        find_model("street-1", session_with_job(tmp_path, "fail"))


def test_an_endpoint_of_sagemaker_is_found_by_its_name(
    aws: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SEMSEG_HOME", str(tmp_path))
    session = semseg.Session(default_bucket="bucket")
    variant = {"VariantName": "all", "ModelName": "street", "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1}
    client = session.sagemaker_client
    client.create_model(ModelName="street", ExecutionRoleArn="arn:aws:iam::1:role/r", PrimaryContainer={"Image": "i"})
    client.create_endpoint_config(EndpointConfigName="streets", ProductionVariants=[variant])
    client.create_endpoint(EndpointName="streets", EndpointConfigName="streets")
    found = find_model("streets", session)
    assert found.predictor is not None
    assert (found.predictor.endpoint_name, found.archive) == ("streets", "")
    with pytest.raises(UserError, match="got 'roads': nothing has this name"):
        find_model("roads", session)
