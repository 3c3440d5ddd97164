"""What becomes of checkpoints while a job runs; test_slow_checkpoints.py and test_jobs_in_s3.py have whole jobs."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.errors import PlatformError, UserError
from semseg.local.training.checkpoints import CheckpointSync
from tests.aws import moto
from tests.aws.faulty_proxy import FaultyProxy, faulty_proxy

FILES = ("parameters.params", "optimizer.params", "model_best.params")


@pytest.fixture
def proxy(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def account(proxy: FaultyProxy) -> Account:
    account = Account()
    location = {"LocationConstraint": moto.REGION}
    account.connection.client("s3").create_bucket(Bucket="kept", CreateBucketConfiguration=location)
    return account


@pytest.fixture
def checkpoints(account: Account, tmp_path: Path) -> CheckpointSync:
    return kept_at("s3://kept/job", account, tmp_path)


def kept_at(location: str, account: Account, folder: Path) -> CheckpointSync:
    (folder / "checkpoints").mkdir()
    return CheckpointSync(folder / "checkpoints", folder / "staging", location, account, account.teller)


def save(folder: Path, epochs: int, text: str = "") -> Path:
    """As a job saves: beside, then under its name."""
    beside, target = folder / ".epoch.part", folder / f"epoch-{epochs:04d}"
    beside.mkdir(parents=True)
    for name in FILES:
        (beside / name).write_text(name + text)
    digests = {name: hashlib.sha256((name + text).encode()).hexdigest() for name in FILES}
    (beside / "state.json").write_text(json.dumps({"sha256": digests}))
    shutil.rmtree(target, ignore_errors=True)
    os.replace(beside, target)
    return target


def puts(proxy: FaultyProxy) -> list[str]:
    """The objects below s3://kept/job/, in the order in which they came."""
    start = "/kept/job/"
    paths = [path.split("?")[0] for method, path in proxy.seen if method == "PUT"]
    return [path[len(start) :] for path in paths if path.startswith(start)]


def test_the_newest_checkpoint_is_brought_once_and_its_state_last(
    checkpoints: CheckpointSync, proxy: FaultyProxy
) -> None:
    save(checkpoints.folder, 9)
    save(checkpoints.folder, 10)
    checkpoints.sync()
    assert sorted(puts(proxy)[:3]) == sorted(f"epoch-0010/{name}" for name in FILES)
    assert puts(proxy)[3:] == ["epoch-0010/state.json"]
    checkpoints.sync()
    assert len(puts(proxy)) == 4


def test_a_checkpoint_that_is_saved_anew_is_brought_anew(checkpoints: CheckpointSync, account: Account) -> None:
    save(checkpoints.folder, 1, " first")
    checkpoints.sync()
    save(checkpoints.folder, 1, " second")
    checkpoints.sync()
    content = account.objects.read(S3Uri("kept", "job/epoch-0001/parameters.params"))
    assert content == b"parameters.params second"


def test_what_was_found_at_the_start_is_not_taken_up_again(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy, tmp_path: Path
) -> None:
    for number in (1, 2):
        for file in save(tmp_path / "elsewhere", number).iterdir():
            account.objects.write(S3Uri("kept", f"job/epoch-000{number}/{file.name}"), file.read_bytes())
    account.objects.write(S3Uri("kept", "job-2/epoch-0003/state.json"), b"of another job")
    assert checkpoints.restore() == "epoch-0002"
    assert [path.name for path in checkpoints.folder.iterdir()] == ["epoch-0002"]
    before = puts(proxy)
    checkpoints.sync()
    assert puts(proxy) == before


def test_hidden_and_unfinished_checkpoints_stay_here(checkpoints: CheckpointSync, proxy: FaultyProxy) -> None:
    for name in (".epoch-0002.part", "epoch-0001", "notes"):
        (checkpoints.folder / name).mkdir()
        (checkpoints.folder / name / "parameters.params").write_text("half")
    checkpoints.sync()
    assert puts(proxy) == []


def test_a_checkpoint_that_s3_refuses_is_told_and_tried_again(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    save(checkpoints.folder, 1)
    proxy.add("PUT", "/optimizer.params", "deny")
    checkpoints.sync()
    assert f"Checkpoints are kept in {checkpoints.folder} alone for now: " in capsys.readouterr().out
    assert "epoch-0001/state.json" not in puts(proxy)
    checkpoints.sync()
    assert puts(proxy)[-1] == "epoch-0001/state.json"


def test_what_a_job_removes_while_it_is_under_way_arrives_whole(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy, tmp_path: Path
) -> None:
    folder = save(checkpoints.folder, 1)
    proxy.upload_seconds = 0.3
    sending = threading.Thread(target=checkpoints.sync)
    sending.start()
    while not puts(proxy):
        time.sleep(0.001)
    shutil.rmtree(folder)
    sending.join()
    assert len(puts(proxy)) == 4
    (tmp_path / "next").mkdir()
    assert kept_at("s3://kept/job", account, tmp_path / "next").restore() == "epoch-0001"


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="needs a second file system")
def test_where_no_second_name_can_be_given_a_checkpoint_is_copied(account: Account, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as staging:
        if Path(staging).stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("both folders are on one file system")
        (tmp_path / "checkpoints").mkdir()
        checkpoints = CheckpointSync(
            tmp_path / "checkpoints", Path(staging) / "held", str(tmp_path / "there"), account, account.teller
        )
        save(checkpoints.folder, 1)
        checkpoints.sync()
    assert len(list((tmp_path / "there" / "epoch-0001").iterdir())) == 4


@pytest.mark.parametrize("place", ["s3", "here"])
@pytest.mark.parametrize("lost", [*FILES, "state.json"])
def test_a_checkpoint_that_lost_or_cut_off_a_file_there_is_passed_over(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, lost: str
) -> None:
    location = "s3://kept/job" if place == "s3" else str(tmp_path / "there")
    there = tmp_path / "there"
    save(there, 1)
    (save(there, 2) / lost).write_text("cut off")
    (save(there, 3) / lost).unlink()
    for path in there.rglob("*.*"):
        account.objects.write(S3Uri("kept", f"job/{path.relative_to(there)}"), path.read_bytes())
    checkpoints = kept_at(location, account, tmp_path)
    assert checkpoints.restore() == "epoch-0001"
    assert [path.name for path in checkpoints.folder.iterdir()] == ["epoch-0001"]
    told = capsys.readouterr().out.splitlines()
    assert told[0] == f"Checkpoint epoch-0003 in {location} is not whole and passed over: it has no {lost}"
    assert told[1].startswith(f"Checkpoint epoch-0002 in {location} is not whole and passed over: ")


def test_a_checkpoint_that_cannot_be_read_just_now_is_not_passed_over(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy
) -> None:
    save(checkpoints.folder, 1)
    checkpoints.sync()
    shutil.rmtree(checkpoints.folder / "epoch-0001")
    proxy.add("GET", "/state.json", "deny")
    with pytest.raises((UserError, PlatformError), match=r"^could not read s3://kept/job/epoch-0001/state.json: "):
        checkpoints.restore()


def test_keys_that_are_no_part_of_a_checkpoint_are_left_where_they_are(
    checkpoints: CheckpointSync, account: Account
) -> None:
    for key in ("job/../../a.params", "job/epoch-0001", "job/epoch-1x/state.json", "job/notes.txt"):
        account.objects.write(S3Uri("kept", key), b"")
    assert checkpoints.restore() is None
    assert list(checkpoints.folder.iterdir()) == []


def test_a_folder_gets_a_checkpoint_whole_and_loses_what_was_cut_short(account: Account, tmp_path: Path) -> None:
    (tmp_path / "there" / ".epoch-0007.part").mkdir(parents=True)
    checkpoints = kept_at(str(tmp_path / "there"), account, tmp_path)
    save(checkpoints.folder, 8)
    checkpoints.sync()
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["epoch-0008"]
    assert sorted(path.name for path in (tmp_path / "there" / "epoch-0008").iterdir()) == sorted([*FILES, "state.json"])
    assert list((tmp_path / "staging").iterdir()) == []
