"""A full disk at each stage: the reason names it, and where a job stands is written all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from semseg.errors import PlatformError, UserError
from semseg.local import LocalSession
from semseg.local.jobs.home import Home
from semseg.local.jobs.job_folder import JobFolder, JobStatus
from semseg.local.process.process import ending_of, wait_until_unlocked
from semseg.local.training.jobs import Jobs
from semseg.plumbing.disk_space import WAY_OUT
from tests.full_disk import files_of_at_most, fill, small_disk
from tests.local.fakes import TRAIN, archive_at, request_at, run_training_job, session_at

FULL = "could not be written, because its disk is full: file system {disk} has"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def request_of_no_network(data: Path) -> dict[str, Any]:
    """A request that does not say which network is trained, so that the room for it is not known beforehand."""
    return {**request_at(data), "HyperParameters": {}}


def run(home: Path, data: Path, behaviour: str) -> JobFolder:
    request = {**request_of_no_network(data), "Environment": {"FAKE_TRAIN": behaviour}}
    return run_training_job(Jobs(Home(home), TRAIN), request)


def large_model_at(folder: Path) -> Path:
    """A model.tar.gz of which 6 MB of parameters become when it is unpacked."""
    contents = {"hyperparams.json": b'{"num_classes": "2"}', "model_best.params": bytes(6_000_000)}
    return archive_at(folder, contents)


def deploy(session: LocalSession, archive: Path) -> None:
    session.create_model({"ModelName": "m", "PrimaryContainer": {"ModelDataUrl": archive.as_uri()}})
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "local", "InitialInstanceCount": 1}
    session.create_endpoint_config({"EndpointConfigName": "e", "ProductionVariants": [variant]})
    session.create_endpoint({"EndpointName": "e", "EndpointConfigName": "e"})


def test_the_last_status_has_its_room_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        folder = JobFolder(disk / "job")
        folder.root.mkdir()
        folder.write_status(JobStatus("InProgress", "Training", created=1.0))
        folder.keep_reserve()
        fill(disk)
        folder.write_status(JobStatus("InProgress", "Uploading", created=1.0))  # is left out
        assert json.loads(folder.status_file.read_text())["secondary_status"] == "Training"
        folder.write_status(JobStatus("Failed", "Failed", created=1.0, failure_reason="full"))
        assert folder.read_status().failure_reason == "full"
        assert not folder.reserve.exists()


def test_a_job_that_fills_the_disk_says_so(tmp_path: Path, data: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        jobs = Jobs(Home(disk / "home"), TRAIN)
        jobs.start({**request_of_no_network(data), "Environment": {"FAKE_TRAIN": "fill_the_disk"}})
        job = jobs.folder("job")
        assert wait_until_unlocked(job.lock, 60)  # its supervisor, whose log is on that disk too
        status = job.read_status()
        assert not job.reserve.exists()
        assert (status.status, status.failure_reason) == (
            "Failed",
            f"The training process ended with exit code 1; its disk is full: file system {disk} has 0 B free now; "
            f'{WAY_OUT}; the last line of its log: none; it can begin anew: Estimator.attach("job").resume()',
        )


def test_a_limit_of_the_size_of_files_is_told_with_the_file(tmp_path: Path, data: Path) -> None:
    with files_of_at_most(1_000_000):
        status = run(tmp_path / "home", data, "write_until_refused").read_status()
    best = tmp_path / "home" / "jobs" / "job" / "model"
    assert status.status == "Failed"
    assert str(status.failure_reason).endswith(f"; {WAY_OUT}")
    assert "could not be written, because no file may become as large: file system" in str(status.failure_reason)
    assert str(best.parent) in str(status.failure_reason)


def test_packing_on_a_full_disk_names_the_archive(tmp_path: Path, data: Path) -> None:
    with small_disk(tmp_path / "disk", 1_000_000) as disk:
        fill(disk)
        request = {**request_of_no_network(data), "OutputDataConfig": {"S3OutputPath": str(tmp_path / "disk")}}
        status = run_training_job(Jobs(Home(tmp_path / "home"), TRAIN), request).read_status()
        assert status.status == "Failed"
        assert f"{disk}/job" in str(status.failure_reason)
        assert FULL.format(disk=disk) in str(status.failure_reason)


def test_no_job_begins_on_a_full_disk_and_nothing_of_it_stays(tmp_path: Path, data: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        jobs = Jobs(Home(disk / "home"), TRAIN)
        jobs.home.create()
        filling = fill(disk)
        with pytest.raises(PlatformError) as refusal:
            jobs.start(request_of_no_network(data))
        assert f"{disk}/home/jobs/job {FULL.format(disk=disk)}" in str(refusal.value)
        assert list(jobs.place.iterdir()) == []
        filling.unlink()


def test_deploying_a_good_archive_on_a_full_disk_does_not_blame_the_archive(tmp_path: Path) -> None:
    archive = large_model_at(tmp_path)
    session = session_at(tmp_path / "home")
    with files_of_at_most(1_000_000), pytest.raises(PlatformError) as refusal:
        deploy(session, archive)
    assert "home/endpoints/" in str(refusal.value)
    assert "/model could not be written, because no file may become as large: file system /" in str(refusal.value)
    assert list((tmp_path / "home" / "endpoints").iterdir()) == []


def test_what_cannot_be_unpacked_for_want_of_room_is_not_deployed(tmp_path: Path) -> None:
    archive = large_model_at(tmp_path)
    with small_disk(tmp_path / "disk") as disk:
        session = session_at(disk / "home")
        with pytest.raises(UserError) as refusal:
            deploy(session, archive)
        # 6,000,020 bytes in two files, with their heads, in records of 10,240 bytes
        assert str(refusal.value).startswith(
            f"endpoint 'e' needs 6.01 MB on file system {disk} (the model's files 6.01 MB), and 3.9"
        )
        assert list((disk / "home" / "endpoints").iterdir()) == []


def test_a_model_is_not_kept_half_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        session = session_at(disk / "home")
        session.home.create()
        fill(disk)
        with pytest.raises(PlatformError, match=r"models/m\.json could not be written, because its disk is full"):
            session.create_model({"ModelName": "m", "PrimaryContainer": {"ModelDataUrl": "file:///a" + "b" * 5000}})
        assert list((disk / "home" / "models").iterdir()) == []


def test_a_process_that_ended_on_a_full_disk_is_not_told_as_killed_alone(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        (disk / "log.txt").write_text("half a li")
        fill(disk)
        assert ending_of(1, disk / "log.txt") == (
            f"exit code 1; its disk is full: file system {disk} has 0 B free now; {WAY_OUT}; "
            "the last line of its log: half a li"
        )
