"""What this machine keeps, listed as SageMaker lists it, and removed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from semseg.errors import UserError
from semseg.local import LocalSession
from semseg.local.jobs.listing import STATUSES
from semseg.local.process.process import take_lock
from tests.local.fakes import model_at, session_at
from tests.local.kept import LONG_AGO, training_job, transform_job, tuning_job

LISTS = {
    "list_training_jobs": "TrainingJobSummaries",
    "list_transform_jobs": "TransformJobSummaries",
    "list_hyper_parameter_tuning_jobs": "HyperParameterTuningJobSummaries",
    "list_endpoints": "Endpoints",
    "list_endpoint_configs": "EndpointConfigs",
    "list_models": "Models",
}


@pytest.fixture
def session(tmp_path: Path) -> LocalSession:
    """A session of a home with three jobs of each kind, a minute between them, the last of which failed."""
    for make in (training_job, transform_job, tuning_job):
        for number, name in enumerate(("horses", "cows", "cats")):
            make(tmp_path, name, LONG_AGO + 60 * number, "Failed" if name == "cats" else "Completed")
    return session_at(tmp_path)


def names(answer: dict[str, Any]) -> list[str]:
    (entries,) = (value for value in answer.values() if isinstance(value, list))
    return [next(value for key, value in entry.items() if key.endswith("Name")) for entry in entries]


def deployed(session: LocalSession, folder: Path) -> None:
    """Keeps a model, an endpoint configuration and an endpoint whose server has ended."""
    session.create_model(
        {"ModelName": "pets", "PrimaryContainer": {"ModelDataUrl": model_at(folder).as_uri(), "Environment": {}}}
    )
    variant = {"VariantName": "AllTraffic", "ModelName": "pets", "InstanceType": "local", "InitialInstanceCount": 1}
    session.create_endpoint_config({"EndpointConfigName": "pets", "ProductionVariants": [variant]})
    root = folder / "endpoints" / "pets"
    root.mkdir()
    record = {"name": "pets", "port": 1, "model_data": "file:///m", "instance_type": "local", "created": LONG_AGO}
    (root / "endpoint.json").write_text(json.dumps(record))


def test_a_training_job_is_listed_with_the_fields_of_its_summary(session: LocalSession) -> None:
    first = session.list_training_jobs()["TrainingJobSummaries"][0]
    assert first == {
        "TrainingJobName": "horses",
        "TrainingJobStatus": "Completed",
        "SecondaryStatus": "Completed",
        "CreationTime": datetime(2023, 11, 14, 22, 13, 20, tzinfo=timezone.utc),
        "TrainingEndTime": datetime(2023, 11, 14, 22, 14, 20, tzinfo=timezone.utc),
        "LastModifiedTime": datetime(2023, 11, 14, 22, 14, 20, tzinfo=timezone.utc),
    }


@pytest.mark.parametrize(("method", "answer"), LISTS.items())
def test_an_answer_has_what_sagemaker_requires_and_nothing_that_it_does_not_know(
    session: LocalSession, tmp_path: Path, method: str, answer: str
) -> None:
    deployed(session, tmp_path)
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model("".join(word.capitalize() for word in method.split("_"))).output_shape
    entry_shape = shape.members[answer].member
    entries = getattr(session, method)()[answer]
    assert entries
    for entry in entries:
        required = {name for name in entry_shape.required_members if not name.endswith("Arn")}
        assert required <= set(entry) <= set(entry_shape.members)


def test_an_endpoint_that_failed_is_listed_as_failed(session: LocalSession, tmp_path: Path) -> None:
    deployed(session, tmp_path)
    (endpoint,) = session.list_endpoints()["Endpoints"]
    assert (endpoint["EndpointName"], endpoint["EndpointStatus"]) == ("pets", "Failed")
    assert names(session.list_endpoints(StatusEquals="InService")) == []


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["horses", "cows", "cats"]),
        ({"SortBy": None, "SortOrder": None}, ["horses", "cows", "cats"]),
        ({"SortOrder": "Descending"}, ["cats", "cows", "horses"]),
        ({"SortBy": "Name"}, ["cats", "cows", "horses"]),
        ({"SortBy": "Status"}, ["cows", "horses", "cats"]),
        ({"NameContains": "o"}, ["horses", "cows"]),
        ({"StatusEquals": "Failed"}, ["cats"]),
        ({"CreationTimeAfter": datetime.fromtimestamp(LONG_AGO, timezone.utc)}, ["cows", "cats"]),
        ({"CreationTimeBefore": datetime.fromtimestamp(LONG_AGO + 60)}, ["horses"]),  # in local time
        ({"MaxResults": 2}, ["horses", "cows"]),
    ],
)
def test_a_list_is_filtered_and_sorted_as_asked(
    session: LocalSession, asked: dict[str, Any], expected: list[str]
) -> None:
    assert names(session.list_training_jobs(**asked)) == expected


@pytest.mark.parametrize(
    ("method", "status"),
    [
        ("list_training_jobs", "completed"),
        ("list_transform_jobs", "Deleting"),
        ("list_hyper_parameter_tuning_jobs", "InService"),
        ("list_endpoints", "Completed"),
    ],
)
def test_a_status_that_the_kind_does_not_have_is_refused(session: LocalSession, method: str, status: str) -> None:
    with pytest.raises(UserError, match=rf"^StatusEquals must be one of .*, got '{status}'$"):
        getattr(session, method)(StatusEquals=status)


def test_no_status_that_the_api_knows_is_refused() -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    for kind, statuses in STATUSES.items():
        asked = model.operation_model(f"List{kind}s").input_shape.members["StatusEquals"]
        assert set(asked.enum) <= set(statuses)


def test_pages_go_on_where_the_one_before_ended_even_if_its_last_job_is_gone(session: LocalSession) -> None:
    first = session.list_training_jobs(MaxResults=1)
    session.delete_training_job("horses")
    second = session.list_training_jobs(MaxResults=1, NextToken=first["NextToken"])
    third = session.list_training_jobs(MaxResults=1, NextToken=second["NextToken"])
    assert [names(page) for page in (first, second, third)] == [["horses"], ["cows"], ["cats"]]
    assert "NextToken" not in third


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"SortBy": "Size"}, "SortBy must be one of Name, CreationTime, got 'Size'"),
        ({"SortOrder": "Up"}, "SortOrder must be one of Ascending, Descending, got 'Up'"),
        ({"MaxResults": 0}, "MaxResults must be a whole number from 1 to 100, got 0"),
        ({"NextToken": "?"}, "NextToken must be that of the page before, with the same SortBy, got '[?]'"),
        ({"CreationTimeAfter": "today"}, "CreationTimeAfter must be a datetime, got 'today'"),
        ({"NextToken": "W10="}, "NextToken must be that of the page before"),
    ],
)
def test_a_list_that_cannot_be_given_is_refused(session: LocalSession, asked: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=f"^{sentence}"):
        session.list_models(**asked)


def test_no_list_opens_a_log(session: LocalSession, tmp_path: Path) -> None:
    for kind in ("jobs", "transform_jobs", "tuning_jobs"):
        (tmp_path / kind / "horses" / "log.txt").mkdir()  # whoever opens it fails, and the job would be left out
    for method in (session.list_training_jobs, session.list_transform_jobs, session.list_hyper_parameter_tuning_jobs):
        assert "horses" in names(method())


def test_hidden_and_foreign_files_break_no_list(session: LocalSession, tmp_path: Path) -> None:
    deployed(session, tmp_path)
    for kind in ("jobs", "transform_jobs", "tuning_jobs", "endpoints", "models", "endpoint_configs"):
        (tmp_path / kind / ".new-x").mkdir()
        (tmp_path / kind / ".pets.json.1.part").touch()
        (tmp_path / kind / "notes.txt").touch()
        (tmp_path / kind / "broken.json").write_text("{")
        for name in ("broken", "with a space"):
            (tmp_path / kind / name).mkdir()
            (tmp_path / kind / name / "job.json").write_text("[]")
            (tmp_path / kind / name / "endpoint.json").write_text("[]")
            (tmp_path / kind / name / "status.json").write_text('{"unknown": 1}')
    assert [len(names(getattr(session, method)())) for method in LISTS] == [3, 3, 3, 1, 1, 1]
    assert session.endpoints.names() == []


def test_a_home_without_anything_has_empty_lists(tmp_path: Path) -> None:
    session = session_at(tmp_path / "none")
    assert [getattr(session, method)() for method in LISTS] == [{answer: []} for answer in LISTS.values()]


def test_a_job_of_version_0_3_0_is_listed_described_and_deleted(tmp_path: Path) -> None:
    root = tmp_path / "jobs" / "old"
    root.mkdir(parents=True)
    (root / "job.json").write_text('{"TrainingJobName": "old", "AlgorithmSpecification": {}, "InputDataConfig": []}')
    (root / "status.json").write_text(
        '{"status": "Completed", "secondary_status": "Completed", "created": 1700000000.0, "started": 1700000001.0, '
        '"ended": 1700000061.0, "failure_reason": null, "model_data": "file:///m/model.tar.gz"}'
    )
    (root / "log.txt").write_text(
        "[01/31/2024 10:00:07 INFO 1] #quality_metric. host: algo-1, epoch: 1, validation mIOU: 0.75 .\n"
    )
    (root / "lock").touch()
    session = session_at(tmp_path)
    assert names(session.list_training_jobs()) == ["old"]
    described = session.describe_training_job("old")
    assert described["ModelArtifacts"] == {"S3ModelArtifacts": "file:///m/model.tar.gz"}
    assert (described["TrainingTimeInSeconds"], described["FinalMetricDataList"][0]["Value"]) == (60, 0.75)
    session.delete_training_job("old")
    assert list((tmp_path / "jobs").iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "word", "delete"),
    [
        ("jobs", "training job", lambda session: session.delete_training_job),
        ("transform_jobs", "transform job", lambda session: session.delete_transform_job),
        ("tuning_jobs", "tuning job", lambda session: session.delete_tuning_job),
    ],
)
def test_a_job_is_deleted_once_it_has_ended(
    session: LocalSession, tmp_path: Path, kind: str, word: str, delete: Callable[[LocalSession], Callable[[str], None]]
) -> None:
    supervisors = take_lock(tmp_path / kind / "cows" / "lock")
    with supervisors, pytest.raises(UserError) as refusal:
        delete(session)("cows")
    assert str(refusal.value) == (
        f"{word} 'cows' must have ended before it is deleted, and it is still running: stop it, then wait for its end"
    )
    delete(session)("cows")
    assert sorted(path.name for path in (tmp_path / kind).iterdir()) == ["cats", "horses"]
    with pytest.raises(UserError, match=f"^there is no {word} 'cows' in "):
        delete(session)("cows")


def test_the_time_of_the_last_change_of_a_job_that_runs_is_that_of_its_status(tmp_path: Path) -> None:
    folder = training_job(tmp_path, "horses", time.time(), "InProgress")
    status = folder.read_status()
    folder.write_status(type(status)(status.status, "Training", status.created, status.started))
    with take_lock(folder.lock):
        (summary,) = session_at(tmp_path).list_training_jobs()["TrainingJobSummaries"]
    assert "TrainingEndTime" not in summary
    assert summary["LastModifiedTime"].timestamp() == pytest.approx(folder.status_file.stat().st_mtime)
