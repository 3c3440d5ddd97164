"""Where the events of a job go that TensorBoard shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.debugger import TensorBoardOutputConfig
from semseg.errors import UserError
from semseg.estimator import Estimator
from semseg.local.training.event_files import EventSync
from semseg.plumbing.teller import Silent
from tests.aws import moto
from tests.local.fakes import channels_at, estimator_at


def make_bucket() -> Any:
    client = Account().connection.client("s3")
    client.create_bucket(Bucket="seen", CreateBucketConfiguration={"LocationConstraint": moto.REGION})
    return client


def content(client: Any, key: str) -> str:
    return str(client.get_object(Bucket="seen", Key=key)["Body"].read().decode())


def trained_with(folder: Path, config: object, **environment: str) -> Estimator:
    estimator = estimator_at(folder / "home", "write_events", tensorboard_output_config=config)
    estimator.environment.update(environment)
    estimator.fit(channels_at(folder), logs=False, job_name="street")
    return estimator


def test_a_job_writes_its_events_into_a_folder_of_this_machine(tmp_path: Path) -> None:
    estimator = trained_with(tmp_path, TensorBoardOutputConfig(tmp_path / "events"))
    assert (tmp_path / "events" / "street" / "tensorboard-output" / "events.1").read_text() == "one two"
    folder = estimator.latest_job_tensorboard_artifacts_path()
    assert folder == f"file://{tmp_path}/events/street/tensorboard-output"
    estimator.sagemaker_session.delete_training_job("street")
    assert (tmp_path / "events" / "street" / "tensorboard-output" / "events.1").exists()


def test_a_job_brings_its_events_to_s3(tmp_path: Path, aws: str) -> None:
    client = make_bucket()
    estimator = trained_with(tmp_path, {"S3OutputPath": "s3://seen/events/"})
    assert content(client, "events/street/tensorboard-output/events.1") == "one two"
    attached = Estimator.attach("street", estimator.sagemaker_session)
    assert attached.latest_job_tensorboard_artifacts_path() == "s3://seen/events/street/tensorboard-output"


def test_a_job_without_the_setting_writes_no_events(tmp_path: Path) -> None:
    estimator = estimator_at(tmp_path / "home")
    estimator.fit(channels_at(tmp_path), logs=False, job_name="street")
    assert estimator.latest_job_tensorboard_artifacts_path() is None
    assert not (tmp_path / "home" / "jobs" / "street" / "output" / "tensorboard").exists()


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            {"LocalPath": "/opt/ml/output/tensorboard"},
            "tensorboard_output_config must say where events go, as S3",
        ),
        (
            TensorBoardOutputConfig("events", "/tmp/events"),
            "container_local_output_path must be /opt/ml/output/",
        ),
        (3, "tensorboard_output_config must be a dictionary named as in the SageMaker API, got int"),
    ],
)
def test_a_setting_that_cannot_be_honoured_is_refused_before_a_job_is_made(
    tmp_path: Path, config: object, sentence: str
) -> None:
    with pytest.raises(UserError, match=f"^{sentence}"):
        trained_with(tmp_path, config)
    assert not (tmp_path / "home" / "jobs" / "street").exists()


class Told(Silent):
    """Keeps the lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


def test_events_are_brought_again_as_they_grow_and_a_failure_is_told_once(tmp_path: Path, aws: str) -> None:
    told = Told()
    sync = EventSync(tmp_path, S3Uri("seen", "events/street"), Account(), told)
    sync.sync()  # nothing is there
    (tmp_path / "events.1").write_text("one")
    sync.sync()
    sync.sync()
    (line,) = told.lines
    assert line.startswith(f"Events for TensorBoard are kept in {tmp_path} alone for now: ")
    assert "seen" in line
    client = make_bucket()
    sync.sync()
    assert content(client, "events/street/events.1") == "one"
    (tmp_path / "events.1").write_text("one two")
    sync.start()
    sync.finish()
    assert content(client, "events/street/events.1") == "one two"
