"""What is kept of jobs, endpoints and models, cut off, empty, or written by a newer version: a sentence each time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from semseg.errors import PlatformError, UserError
from semseg.estimator import Estimator
from semseg.local import LocalSession
from tests.local.fakes import model_at, session_at
from tests.local.kept import training_job, transform_job, tuning_job

BROKEN = ["", '{"status": "Comp', '{"status": "Completed", "colour": "green"}', "[]", "{}"]
UNREADABLE = r"cannot be read: .*\. It was damaged, or another version of semseg wrote it"


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    session = session_at(tmp_path / "home")
    session.home.create()
    for keep, name in ((training_job, "good"), (training_job, "a"), (transform_job, "b"), (tuning_job, "c")):
        keep(session.home.root, name)
    return session


def record(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def refused(ask: Callable[[], Any], path: Path) -> None:
    with pytest.raises(PlatformError, match=f"^{path} {UNREADABLE}"):
        ask()


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("file", ["status.json", "job.json"])
def test_a_broken_training_job_is_described_waited_for_and_attached_in_a_sentence(
    session: LocalSession, file: str, content: str
) -> None:
    path = record(session.home.jobs / "a" / file, content)
    refused(lambda: session.describe_training_job("a"), path)
    refused(lambda: Estimator.attach("a", session), path)
    if file == "status.json":
        refused(lambda: session.wait_for_job("a", show_logs=False), path)
        assert [job["TrainingJobName"] for job in session.list_training_jobs()["TrainingJobSummaries"]] == ["good"]
    session.delete_training_job("a")
    assert not path.exists()


@pytest.mark.parametrize("content", BROKEN)
def test_broken_transform_and_tuning_jobs_are_told_and_deleted(session: LocalSession, content: str) -> None:
    path = record(session.home.transform_jobs / "b" / "status.json", content)
    refused(lambda: session.describe_transform_job("b"), path)
    path = record(session.home.tuning_jobs / "c" / "trials.json", content + " " if content else "")
    if content != "[]":
        refused(lambda: session.describe_tuning_job("c"), path)
        refused(lambda: session.tuning_job_trials("c"), path)
    session.delete_transform_job("b")
    session.delete_tuning_job("c")
    assert session.list_transform_jobs() == {"TransformJobSummaries": []}


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_endpoint_is_told_left_out_of_lists_and_deleted(session: LocalSession, content: str) -> None:
    path = record(session.home.endpoints / "e" / "endpoint.json", content)
    refused(lambda: session.describe_endpoint("e"), path)
    refused(lambda: session.endpoint_url("e"), path)
    assert session.list_endpoints() == {"Endpoints": []}
    session.delete_endpoint("e")
    assert not path.parent.exists()
    with pytest.raises(UserError, match="there is no endpoint 'e'"):
        session.delete_endpoint("e")


@pytest.mark.parametrize("content", BROKEN)
def test_a_broken_model_is_told_left_out_of_lists_and_deleted(
    session: LocalSession, tmp_path: Path, content: str
) -> None:
    path = record(session.home.models / "m.json", content)
    request = {"ModelName": "m", "PrimaryContainer": {"ModelDataUrl": model_at(tmp_path).as_uri()}}
    refused(lambda: session.describe_model("m"), path)
    refused(lambda: session.create_model(request), path)
    assert session.list_models() == {"Models": []}
    session.delete_model("m")
    session.create_model(request)
    assert session.describe_model("m")["PrimaryContainer"] == request["PrimaryContainer"]


def test_the_request_of_another_job_is_not_taken_for_this_one(session: LocalSession) -> None:
    path = record(session.home.jobs / "a" / "job.json", json.dumps({"TrainingJobName": "good"}))
    refused(lambda: session.describe_training_job("a"), path)
