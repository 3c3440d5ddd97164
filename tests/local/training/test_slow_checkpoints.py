"""Checkpoints that come faster than they can be brought away, in real jobs whose processes are killed."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from semseg.aws.account import Account
from semseg.aws.object_store import PART_BYTES
from semseg.contract.s3_uri import S3Uri
from semseg.local.jobs.home import Home
from semseg.local.process.process import wait_until_unlocked
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.jobs import Jobs
from tests.aws import moto
from tests.aws.faulty_proxy import FaultyProxy, faulty_proxy
from tests.local.fakes import TRAIN, request_at, wait_for_line

BUCKET = "kept"
OBJECTS = 4  # of a checkpoint
SUPERVISOR = """
import sys
from semseg.local.training.folder import TrainingFolder
from semseg.local.training.supervisor import Supervisor
Supervisor(TrainingFolder(sys.argv[1]), sys.argv[2:], grace_seconds=1, sync_seconds=0.05).run()
"""


@pytest.fixture
def proxy(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """Takes 0.15 s for each object that is uploaded, while the trainer saves a checkpoint each 0.02 s."""
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        location = {"LocationConstraint": moto.REGION}
        Account().connection.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
        proxy.upload_seconds = 0.15
        yield proxy


@pytest.fixture
def jobs(tmp_path: Path) -> Jobs:
    return Jobs(Home(tmp_path / "home"), TRAIN)


def asked(folder: Path, name: str, location: str, behaviour: str) -> dict[str, Any]:
    config = {"CheckpointConfig": {"S3Uri": location}}
    return {**request_at(folder, name), **config, "Environment": {"FAKE_TRAIN": behaviour}}


def start_saving(jobs: Jobs, folder: Path, location: str) -> tuple[TrainingFolder, subprocess.Popen[bytes]]:
    """A job that saves checkpoints until it is stopped, under a supervisor that looks for new ones all the time."""
    jobs.start(asked(folder, "job", location, "complete"))  # only for its folder
    job = jobs.folder("job")
    assert wait_until_unlocked(job.lock, 30)
    behaviour = {"FAKE_TRAIN": "save_checkpoints_without_end"}
    job.request.write_text(json.dumps({**json.loads(job.request.read_text()), "Environment": behaviour}))
    job.model.mkdir()
    with job.log.open("ab") as log:
        command = [sys.executable, "-c", SUPERVISOR, str(job.root), *TRAIN]
        return job, subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)


def wait_until_uploaded(proxy: FaultyProxy, objects: int) -> None:
    deadline = time.monotonic() + 60
    while sum(method == "PUT" and "/epoch-" in path for method, path in proxy.seen) < objects:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def whole(contents: dict[str, bytes]) -> list[str]:
    """The checkpoints whose three files are those that their state.json names."""
    found = []
    for name in sorted({path.split("/")[0] for path in contents if path.endswith("/state.json")}):
        digests = json.loads(contents[f"{name}/state.json"])["sha256"]
        files = {file: contents.get(f"{name}/{file}", b"") for file in digests}
        if len(files) == 3 and digests == {file: hashlib.sha256(held).hexdigest() for file, held in files.items()}:
            found.append(name)
    return found


def in_s3() -> dict[str, bytes]:
    store = Account().objects
    return {
        stored.uri.key[len("job/") :]: store.read(stored.uri)
        for stored in store.list_prefix(S3Uri(BUCKET, "job/epoch-"))
    }


def epochs_done(jobs: Jobs, folder: Path, location: str) -> int:
    """After how many epochs another job goes on."""
    jobs.start(asked(folder, "next", location, "go_on_from_a_checkpoint"))
    job = jobs.folder("next")
    assert wait_until_unlocked(job.lock, 60)
    assert job.read_status().status == "Completed", job.log.read_text()
    (line,) = [line for line in job.log.read_text().splitlines() if line.startswith("epochs done ")]
    return int(line.split()[-1])


def test_a_killed_job_leaves_whole_checkpoints_though_the_way_to_s3_is_slow(
    jobs: Jobs, proxy: FaultyProxy, tmp_path: Path
) -> None:
    job, supervisor = start_saving(jobs, tmp_path, f"s3://{BUCKET}/job")
    wait_until_uploaded(proxy, 2 * OBJECTS + 2)  # the third is cut short
    held = list((job.root / ".checkpoints").iterdir())
    os.killpg(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    proxy.upload_seconds = 0.0
    kept = whole(in_s3())
    assert 1 <= len(kept) <= 3  # the third was not to be whole yet, and the first not to be removed
    assert len(held) <= 1
    assert f"epoch-{epochs_done(jobs, tmp_path, f's3://{BUCKET}/job'):04d}" == kept[-1]


def test_a_job_that_ends_brings_its_newest_checkpoint_and_tells_what_was_left_out(
    jobs: Jobs, proxy: FaultyProxy, tmp_path: Path
) -> None:
    job, supervisor = start_saving(jobs, tmp_path, f"s3://{BUCKET}/job")
    wait_until_uploaded(proxy, 3 * OBJECTS)
    jobs.stop("job")
    assert supervisor.wait(60) == 0
    newest = sorted(path.name for path in job.checkpoints.glob("epoch-*"))[-1]
    kept = whole(in_s3())
    assert kept[-1] == newest
    lines = job.log.read_text().splitlines()
    (warning,) = [line for line in lines if "Checkpoints are saved faster than they reach " in line]
    assert warning.endswith("The newest is brought whole, and those before it are left out.")
    assert len(kept) == 2
    end = f"The newest checkpoint in s3://{BUCKET}/job is {newest}; left out before it: at least "
    assert end in lines[-1]  # behind what the trainer may have half written when it was stopped
    assert not (job.root / ".checkpoints").exists()


def test_the_newest_whole_checkpoint_is_found_behind_one_that_was_cut_short(
    jobs: Jobs, proxy: FaultyProxy, tmp_path: Path
) -> None:
    location = f"s3://{BUCKET}/job"
    assert epochs_done(jobs, tmp_path, location) == 0
    store = Account().objects
    store.write(S3Uri(BUCKET, "job/epoch-0002/parameters.params"), b"cut short")
    store.write(S3Uri(BUCKET, "job/epoch-0003/state.json"), b"{}")
    jobs.home = Home(tmp_path / "another home")
    assert epochs_done(jobs, tmp_path, location) == 1
    log = jobs.folder("next").log.read_text()
    assert f"epoch-0002 in {location} is not whole and passed over: it has no model_best.params" in log
    assert f"Found epoch-0001 in {location}." in log


def test_a_folder_of_this_machine_never_has_half_a_checkpoint(jobs: Jobs, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    job, supervisor = start_saving(jobs, tmp_path, str(place))
    wait_for_line(job.log, "Saved checkpoint")
    for _ in range(500):
        if any(int(path.name[len("epoch-") :]) > 3 for path in place.glob("epoch-*")):
            break
        time.sleep(0.01)
    os.killpg(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    contents = {str(path.relative_to(place)): path.read_bytes() for path in place.glob("epoch-*/*")}
    kept = whole(contents)
    states = sorted(path.parent.name for path in place.glob("epoch-*/state.json"))
    assert kept == states
    assert len(kept) >= 2
    assert f"epoch-{epochs_done(jobs, tmp_path, str(place)):04d}" == kept[-1]


def test_an_upload_in_parts_that_a_kill_cut_short_is_ended_by_the_next_job(
    jobs: Jobs, proxy: FaultyProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_TRAIN_BYTES", str(PART_BYTES + 1))
    _, supervisor = start_saving(jobs, tmp_path, f"s3://{BUCKET}/job")
    wait_until_uploaded(proxy, 1)
    os.killpg(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    proxy.upload_seconds = 0.0
    monkeypatch.delenv("FAKE_TRAIN_BYTES")
    store = Account().objects
    assert store.unfinished_uploads(S3Uri(BUCKET, "job/"))
    assert epochs_done(jobs, tmp_path, f"s3://{BUCKET}/job") == 0
    assert store.unfinished_uploads(S3Uri(BUCKET, "job/")) == []
