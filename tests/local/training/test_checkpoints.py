"""What becomes of checkpoints while a job runs; tests/local/test_jobs_in_s3.py has its beginning and its end."""

import os

import pytest

from semseg.aws.account import Account
from semseg.contract.s3_uri import S3Uri
from semseg.local.training.checkpoints import Checkpoints
from tests.aws import moto
from tests.aws.faulty_proxy import faulty_proxy


@pytest.fixture
def proxy(aws, monkeypatch):
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


@pytest.fixture
def account(proxy):
    account = Account()
    location = {"LocationConstraint": moto.REGION}
    account.connection.client("s3").create_bucket(Bucket="kept", CreateBucketConfiguration=location)
    return account


@pytest.fixture
def checkpoints(account, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    return Checkpoints(tmp_path / "checkpoints", tmp_path / "staging", "s3://kept/job", account)


def write(folder, name, content):
    """As a job writes: beside, then under its name."""
    (folder / f"{name}.part").write_text(content)
    os.replace(folder / f"{name}.part", folder / name)


def puts(proxy):
    return [path.split("?")[0] for method, path in proxy.seen if method == "PUT" and path.count("/") > 1]


def test_only_what_has_changed_is_taken_up_in_the_order_it_was_written(checkpoints, account, proxy):
    write(checkpoints.folder, "z.params", "first")
    write(checkpoints.folder, "a.json", "second")
    checkpoints.sync()
    assert puts(proxy) == ["/kept/job/z.params", "/kept/job/a.json"]
    checkpoints.sync()
    assert len(puts(proxy)) == 2
    write(checkpoints.folder, "z.params", "third")
    checkpoints.sync()
    assert puts(proxy)[2:] == ["/kept/job/z.params"]
    assert account.objects.read(S3Uri("kept", "job/z.params")) == b"third"


def test_what_was_found_at_the_start_is_not_taken_up_again(checkpoints, account, proxy):
    account.objects.write(S3Uri("kept", "job/old.params"), b"old")
    account.objects.write(S3Uri("kept", "job-2/other.params"), b"of another job")
    assert checkpoints.restore() == 1
    before = puts(proxy)
    checkpoints.sync()
    assert puts(proxy) == before
    assert (checkpoints.folder / "old.params").read_text() == "old"


def test_hidden_and_unfinished_files_stay_here(checkpoints, proxy):
    for name in ("a.part", ".a.params.123"):
        (checkpoints.folder / name).write_text("half")
    checkpoints.sync()
    assert puts(proxy) == []


def test_a_checkpoint_that_s3_refuses_is_told_and_tried_again(checkpoints, account, proxy, capsys):
    write(checkpoints.folder, "a.params", "whole")
    proxy.add("PUT", "/a.params", "deny")
    checkpoints.sync()
    assert f"Checkpoints are kept in {checkpoints.folder} alone for now: " in capsys.readouterr().out
    checkpoints.sync()
    assert account.objects.read(S3Uri("kept", "job/a.params")) == b"whole"


def test_a_key_that_leads_out_of_the_folder_is_refused(checkpoints, account):
    account.objects.write(S3Uri("kept", "job/../../a.params"), b"")
    with pytest.raises(ValueError, match=r"^a key must be the name of a file below s3://kept/job, .*: rename"):
        checkpoints.restore()
