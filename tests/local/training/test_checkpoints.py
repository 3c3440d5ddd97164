"""What becomes of checkpoints while a job runs; test_slow_checkpoints.py and test_jobs_in_s3.py have whole jobs."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.checkpoint import checkpoint_name
from semseg.archive.mxnet_parameters import write_parameters
from semseg.aws.account import Account
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.s3_uri import S3Uri
from semseg.errors import PlatformError, UserError
from semseg.local.training.checkpoints import CheckpointSync
from semseg.training.checkpoint_state import CheckpointProgress, newest_state
from semseg.training.checkpoints import Checkpoints
from semseg.training.job_log import JobLog
from tests.aws import moto
from tests.aws.faulty_proxy import FaultyProxy, faulty_proxy
from tests.engines.nearest_mean import NearestMean

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


def save(folder: Path, epochs: int, text: str = "", steps: int = 0) -> Path:
    """As a job saves: beside, then under its name."""
    beside, target = folder / ".epoch.part", folder / checkpoint_name(epochs, steps)
    beside.mkdir(parents=True)
    for name in FILES:
        (beside / name).write_text(name + text)
    digests = {name: hashlib.sha256((name + text).encode()).hexdigest() for name in FILES}
    (beside / "state.json").write_text(json.dumps({"sha256": digests}))
    shutil.rmtree(target, ignore_errors=True)
    os.replace(beside, target)
    return target


def save_and_sync(checkpoints: CheckpointSync, *epochs: int) -> None:
    for number in epochs:
        save(checkpoints.folder, number)
        checkpoints.sync()


def upload(account: Account, folder: Path) -> None:
    """Puts all files of checkpoints in a folder below s3://kept/job, as an earlier job did."""
    for path in folder.rglob("*.*"):
        account.objects.write(S3Uri("kept", f"job/{path.relative_to(folder)}"), path.read_bytes())


def keys(account: Account) -> list[str]:
    """The objects below s3://kept/job/, sorted."""
    return [stored.uri.key[len("job/") :] for stored in account.objects.list_prefix(S3Uri("kept", "job/"))]


def names(account: Account) -> list[str]:
    """The checkpoints below s3://kept/job/ that have a file, sorted."""
    return sorted({key.split("/")[0] for key in keys(account)})


def asked(proxy: FaultyProxy, method: str) -> list[str]:
    """The objects below s3://kept/job/ that were asked for with this method, in order."""
    paths = [path.split("?")[0] for asked, path in proxy.seen if asked == method]
    return [path[len("/kept/job/") :] for path in paths if path.startswith("/kept/job/")]


def puts(proxy: FaultyProxy) -> list[str]:
    """The objects below s3://kept/job/, in the order in which they came."""
    return asked(proxy, "PUT")


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
    save(tmp_path / "elsewhere", 1)
    save(tmp_path / "elsewhere", 2)
    upload(account, tmp_path / "elsewhere")
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
    upload(account, there)
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


@pytest.mark.parametrize("place", ["s3", "here"])
def test_the_newest_two_are_kept_there_and_others_files_are_left_alone(
    account: Account, tmp_path: Path, place: str
) -> None:
    there = tmp_path / "there"
    for number in range(1, 6):
        save(there, number)
    (there / "epoch-0002" / "mine.txt").write_text("mine")
    (there / "notes.txt").write_text("mine")
    if place == "s3":
        upload(account, there)
    checkpoints = kept_at("s3://kept/job" if place == "s3" else str(there), account, tmp_path)
    assert checkpoints.restore() == "epoch-0005"
    save_and_sync(checkpoints, 6, 7)
    files = [str(path.relative_to(there)) for path in sorted(there.rglob("*")) if path.is_file()]
    four = sorted([*FILES, "state.json"])
    assert (keys(account) if place == "s3" else files) == [
        "epoch-0002/mine.txt",
        *(f"epoch-0006/{name}" for name in four),
        *(f"epoch-0007/{name}" for name in four),
        "notes.txt",
    ]


def test_a_state_is_removed_before_the_files_it_speaks_for(checkpoints: CheckpointSync, proxy: FaultyProxy) -> None:
    save_and_sync(checkpoints, 1, 2)
    assert asked(proxy, "DELETE") == []
    save_and_sync(checkpoints, 3)
    assert asked(proxy, "DELETE") == [f"epoch-0001/{name}" for name in ("state.json", *FILES)]


def test_a_half_removed_checkpoint_is_never_taken_for_whole_and_the_rest_goes_next_time(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy, tmp_path: Path
) -> None:
    save_and_sync(checkpoints, 1, 2)
    proxy.add("DELETE", "/parameters.params", "deny")
    save_and_sync(checkpoints, 3)
    assert names(account) == ["epoch-0001", "epoch-0002", "epoch-0003"]
    assert "epoch-0001/state.json" not in keys(account)
    save_and_sync(checkpoints, 4)
    assert names(account) == ["epoch-0003", "epoch-0004"]


def test_where_nothing_may_be_removed_that_is_said_once_and_the_job_goes_on(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    proxy.add("DELETE", "/state.json", *["deny"] * 9)
    save_and_sync(checkpoints, 1, 2, 3, 4, 4)
    assert names(account) == ["epoch-0001", "epoch-0002", "epoch-0003", "epoch-0004"]
    (told,) = capsys.readouterr().out.splitlines()
    beginning = "Older checkpoints stay in s3://kept/job: could not remove s3://kept/job/epoch-0001/state.json: "
    assert told.startswith(f"{beginning}AccessDenied: ")


def test_one_that_was_cut_short_is_not_counted_among_the_two(
    checkpoints: CheckpointSync, account: Account, tmp_path: Path
) -> None:
    there = tmp_path / "there"
    save(there, 1)
    save(there, 2)
    (save(there, 3) / "model_best.params").write_text("cut off")
    (save(there, 4) / "state.json").unlink()
    (save(there, 9) / "state.json").unlink()
    upload(account, there)
    assert checkpoints.restore() == "epoch-0002"
    save_and_sync(checkpoints, 5)
    assert names(account) == ["epoch-0002", "epoch-0005"]


def test_later_ones_of_another_job_stay(checkpoints: CheckpointSync, account: Account, tmp_path: Path) -> None:
    save(tmp_path / "there", 1)
    upload(account, tmp_path / "there")
    assert checkpoints.restore() == "epoch-0001"
    save(tmp_path / "there", 9)
    upload(account, tmp_path / "there")
    save_and_sync(checkpoints, 2)
    assert names(account) == ["epoch-0001", "epoch-0002", "epoch-0009"]


def test_one_that_the_job_went_back_behind_goes(checkpoints: CheckpointSync, account: Account) -> None:
    save_and_sync(checkpoints, 1, 2)
    shutil.rmtree(checkpoints.folder)
    save_and_sync(checkpoints, 1)
    assert names(account) == ["epoch-0001"]


def test_a_checkpoint_within_an_epoch_is_brought_too(checkpoints: CheckpointSync, account: Account) -> None:
    save_and_sync(checkpoints, 3)
    save(checkpoints.folder, 3, steps=120)
    checkpoints.sync()
    save(checkpoints.folder, 3, steps=90)
    checkpoints.sync()
    assert names(account) == ["epoch-0003", "epoch-0003-step-000120"]
    save(checkpoints.folder, 3, steps=240)
    checkpoints.sync()
    assert names(account) == ["epoch-0003-step-000120", "epoch-0003-step-000240"]


def test_those_within_an_epoch_count_for_the_pace_and_among_those_left_out(
    checkpoints: CheckpointSync, proxy: FaultyProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoints.restore()
    save(checkpoints.folder, 1)
    proxy.upload_seconds = 0.3
    sending = threading.Thread(target=checkpoints.sync)
    sending.start()
    while not puts(proxy):
        time.sleep(0.001)
    for steps in (10, 20):
        save(checkpoints.folder, 1, steps=steps)
    sending.join()
    proxy.upload_seconds = 0
    checkpoints.finish()
    _, pace, left_out = capsys.readouterr().out.splitlines()
    assert pace.startswith("Checkpoints are saved faster than they reach s3://kept/job: one comes every ")
    end = "The newest checkpoint in s3://kept/job is epoch-0001-step-000020; left out before it: at least 1."
    assert left_out == end


def test_a_resume_reads_the_newest_whole_one_alone(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy, tmp_path: Path
) -> None:
    for number in range(1, 31):
        save(tmp_path / "there", number)
    (tmp_path / "there" / "epoch-0030" / "state.json").unlink()
    upload(account, tmp_path / "there")
    assert checkpoints.restore() == "epoch-0029"
    assert sorted(asked(proxy, "GET")) == sorted(f"epoch-0029/{name}" for name in (*FILES, "state.json"))


def test_a_folders_own_checkpoint_is_not_overwritten_by_an_earlier_one(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    save_and_sync(checkpoints, 1)
    save(checkpoints.folder, 1, steps=40)
    assert checkpoints.restore() is None
    assert capsys.readouterr().out == (
        f"Found epoch-0001-step-000040 in {checkpoints.folder}, and no later one in s3://kept/job.\n"
    )
    assert asked(proxy, "GET") == []
    checkpoints.sync()
    assert names(account) == ["epoch-0001", "epoch-0001-step-000040"]


def test_a_later_one_there_is_brought_beside_the_folders_own(
    checkpoints: CheckpointSync, account: Account, tmp_path: Path
) -> None:
    save(tmp_path / "there", 3)
    upload(account, tmp_path / "there")
    save(checkpoints.folder, 2)
    save(checkpoints.folder, 3, " spoilt")
    (checkpoints.folder / "epoch-0003" / "model_best.params").write_text("cut off")
    assert checkpoints.restore() == "epoch-0003"
    assert sorted(path.name for path in checkpoints.folder.iterdir()) == ["epoch-0002", "epoch-0003"]
    assert (checkpoints.folder / "epoch-0003" / "parameters.params").read_text() == "parameters.params"


@pytest.mark.parametrize("place", ["s3", "here"])
def test_what_is_there_already_is_not_brought_again_by_the_next_life_of_the_job(
    account: Account, proxy: FaultyProxy, tmp_path: Path, place: str
) -> None:
    location = "s3://kept/job" if place == "s3" else str(tmp_path / "there")
    checkpoints = kept_at(location, account, tmp_path)
    save_and_sync(checkpoints, 1)
    before = (puts(proxy), [path.stat().st_ino for path in tmp_path.rglob("there/**/*.*")])
    again = CheckpointSync(checkpoints.folder, tmp_path / "staging", location, account, account.teller)
    assert again.restore() is None
    again.sync()
    assert (puts(proxy), [path.stat().st_ino for path in tmp_path.rglob("there/**/*.*")]) == before


def test_a_job_with_a_checkpoint_of_its_own_goes_on_though_the_location_cannot_be_read(
    checkpoints: CheckpointSync, proxy: FaultyProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    save(checkpoints.folder, 2)
    proxy.add("GET", "/kept", "deny")
    assert checkpoints.restore() is None
    beginning = (
        "s3://kept/job was not searched for a checkpoint after epoch-0002: could not list s3://kept/job/epoch-: "
    )
    assert capsys.readouterr().out.startswith(beginning)


def test_a_checkpoint_in_the_folder_that_is_not_whole_is_not_brought(
    checkpoints: CheckpointSync, account: Account
) -> None:
    save(checkpoints.folder, 1)
    (save(checkpoints.folder, 2) / "optimizer.params").write_text("cut off")
    checkpoints.restore()
    checkpoints.sync()
    assert names(account) == ["epoch-0001"]
    save_and_sync(checkpoints, 2)
    assert names(account) == ["epoch-0001", "epoch-0002"]


def test_a_checkpoint_that_is_saved_anew_is_not_whole_until_all_of_it_is_there(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy
) -> None:
    save_and_sync(checkpoints, 1)
    proxy.add("PUT", "/model_best.params", "deny")
    save(checkpoints.folder, 1, " second")
    checkpoints.sync()
    assert "epoch-0001/state.json" not in keys(account)
    checkpoints.sync()
    assert len(keys(account)) == 4


def begin_upload(account: Account, key: str) -> None:
    """Begins an upload in parts, and sends one of them, as a job that is killed then."""
    client = account.connection.client("s3")
    upload_id = client.create_multipart_upload(Bucket="kept", Key=key)["UploadId"]
    client.upload_part(Bucket="kept", Key=key, UploadId=upload_id, PartNumber=1, Body=b"1" * 1000)


def unfinished(account: Account) -> list[str]:
    return sorted(upload.uri.key for upload in account.objects.unfinished_uploads(S3Uri("kept", "")))


def test_uploads_that_were_cut_short_are_ended_by_the_next_job_and_those_of_others_are_not(
    checkpoints: CheckpointSync, account: Account
) -> None:
    others = ["job/epoch-0001/mine.bin", "job/epoch-1x/state.json", "job/notes.txt", "job2/epoch-0001/state.json"]
    for key in ("job/epoch-0001/parameters.params", "job/epoch-0001-step-000020/optimizer.params", *others):
        begin_upload(account, key)
    checkpoints.restore()
    assert unfinished(account) == others
    begin_upload(account, "job/epoch-0001/parameters.params")
    save_and_sync(checkpoints, 1)
    assert unfinished(account) == others


def test_where_uploads_may_not_be_ended_that_is_said_once(
    checkpoints: CheckpointSync, account: Account, proxy: FaultyProxy, capsys: pytest.CaptureFixture[str]
) -> None:
    begin_upload(account, "job/epoch-0001/parameters.params")
    proxy.add("DELETE", "/parameters.params", "deny", "deny")
    checkpoints.restore()
    save_and_sync(checkpoints, 1)
    _, told = capsys.readouterr().out.splitlines()
    beginning = "Parts of uploads that were cut short stay in s3://kept/job: could not end an upload to s3://kept/job/"
    assert told.startswith(f"{beginning}epoch-0001/parameters.params: AccessDenied: ")
    save_and_sync(checkpoints, 2)
    assert unfinished(account) == []


@pytest.mark.parametrize("where", ["folder", "location"])
def test_a_file_that_was_cut_off_before_its_checksum_was_taken_is_passed_over_for_the_checkpoint_before(
    checkpoints: CheckpointSync, account: Account, tmp_path: Path, where: str
) -> None:
    place = checkpoints.folder if where == "folder" else tmp_path / "there"
    save(place, 1)
    cut = save(place, 2) / "parameters.params"
    write_parameters(cut, {"weight": np.zeros(100, np.float32)})
    cut.write_bytes(cut.read_bytes()[:200])  # as MXNet leaves it on a full disk
    state = json.loads((cut.parent / "state.json").read_text())
    state["sha256"][cut.name] = hashlib.sha256(cut.read_bytes()).hexdigest()
    (cut.parent / "state.json").write_text(json.dumps(state))
    if where == "location":
        upload(account, place)
    assert checkpoints.restore() == ("epoch-0001" if where == "location" else None)
    checkpoints.sync()
    assert names(account)[:1] == ["epoch-0001"]
    save_and_sync(checkpoints, 3)
    assert names(account) == ["epoch-0001", "epoch-0003"]


def test_the_plan_of_a_time_budget_goes_to_s3_and_back_with_what_was_spent(account: Account, tmp_path: Path) -> None:
    here, there = (tmp_path / name for name in ("here", "there"))
    for folder in (here, there):
        folder.mkdir()
    sync = kept_at("s3://kept/job", account, here)
    given, plan = Hyperparameters.from_strings({"num_classes": "2"}), {"values": {"crop_size": "96"}, "epochs": 7}
    (here / "best").write_bytes(b"")
    checkpoints = Checkpoints(sync.folder, given, JobLog(io.StringIO()), plan=plan)
    checkpoints.save(NearestMean(2), here / "best", CheckpointProgress(2, 8, 0.5, 0.5, 0, seconds=90.0))
    checkpoints.finish()
    sync.sync()
    elsewhere = kept_at("s3://kept/job", account, there)
    assert elsewhere.restore() == "epoch-0002"
    state = newest_state(elsewhere.folder)
    assert state is not None
    assert (state.plan, state.progress.seconds) == (plan, 90.0)
