"""What a session knows of its account, on a moto server."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import boto3
import pytest

from semseg.aws.account import Account
from semseg.aws.object_store import StoredObject
from semseg.contract.s3_uri import S3Uri
from semseg.errors import ChannelError, UserError
from tests.aws.faulty_proxy import faulty_proxy

ACCOUNT = "123456789012"  # moto's
DEFAULT = f"sagemaker-us-west-2-{ACCOUNT}"


@pytest.fixture
def account(aws: str) -> Account:
    return Account()


def keys(account: Account, bucket: str = DEFAULT) -> list[str]:
    return account.list_s3_files(bucket, "")


def pictures(folder: Path) -> Path:
    for name in ("a.jpg", "sub/b.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


def test_the_default_bucket_is_named_as_sagemakers_made_once_and_in_the_region(account: Account) -> None:
    assert account.default_bucket() == Account().default_bucket() == DEFAULT
    assert account.s3_client.get_bucket_location(Bucket=DEFAULT)["LocationConstraint"] == "us-west-2"
    assert account.account_id() == ACCOUNT


def test_the_default_bucket_of_the_first_region_has_no_location(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    account = Account()
    assert account.default_bucket() == f"sagemaker-us-east-1-{ACCOUNT}"
    assert account.s3_client.get_bucket_location(Bucket=account.default_bucket())["LocationConstraint"] is None


def test_a_default_bucket_that_was_given_is_used_and_made_where_it_is_missing(aws: str) -> None:
    account = Account(default_bucket="mine")
    assert account.default_bucket() == "mine"
    assert [bucket["Name"] for bucket in account.s3_client.list_buckets()["Buckets"]] == ["mine"]


def test_a_default_bucket_that_somebody_else_makes_first_is_refused(
    aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = "arn:aws:iam::111122223333:role/somebody-else"
    keys = Account().connection.client("sts").assume_role(RoleArn=role, RoleSessionName="someone")["Credentials"]
    other = Account(boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]))
    assert other.account_id() == "111122223333"
    other.s3_client.create_bucket(Bucket=DEFAULT, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.add("HEAD", DEFAULT, "vanish")  # it was not there yet when it was looked for
        with pytest.raises(UserError, match=f"the default bucket {DEFAULT} must be this account's, but"):
            Account().upload_data(pictures(tmp_path))
    assert other.list_s3_files(DEFAULT, "") == []


def test_a_default_bucket_that_may_not_be_looked_at_is_refused(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.add("HEAD", DEFAULT, "deny", "deny")
        with pytest.raises(UserError, match="this account's"):
            Account().default_bucket()
        with pytest.raises(UserError, match=f"could not use the default bucket {DEFAULT}: 403: Forbidden: no perm"):
            Account(default_bucket=DEFAULT).default_bucket()
        assert Account().s3_client.list_buckets()["Buckets"] == []


def test_a_folder_is_uploaded_below_the_prefix_and_a_file_under_its_name(account: Account, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "train")
    assert account.upload_data(str(folder), key_prefix="p/train") == f"s3://{DEFAULT}/p/train"
    assert account.upload_data(folder / "a.jpg") == f"s3://{DEFAULT}/data/a.jpg"
    assert keys(account) == ["data/a.jpg", "p/train/a.jpg", "p/train/sub/b.jpg"]
    assert account.read_s3_file(DEFAULT, "p/train/sub/b.jpg") == "sub/b.jpg"


def test_a_fifo_is_not_uploaded_and_not_waited_for(account: Account, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(UserError) as refusal:
        account.upload_data(tmp_path / "a.jpg")
    assert str(refusal.value) == f"path must be a regular file or a folder, got a FIFO, '{tmp_path}/a.jpg'"


def test_the_default_prefix_is_put_before_keys_of_the_default_bucket_alone(aws: str, tmp_path: Path) -> None:
    account, folder = Account(default_bucket_prefix="team/x"), pictures(tmp_path)
    assert account.upload_data(folder, key_prefix="train") == f"s3://{DEFAULT}/team/x/train"
    assert account.upload_data(folder, bucket=DEFAULT, key_prefix="train/") == f"s3://{DEFAULT}/train"
    assert account.default_bucket_prefix == "team/x"


def test_an_upload_reports_bytes_and_hands_on_extra_arguments(account: Account, tmp_path: Path) -> None:
    moved: list[int] = []
    account.upload_data(pictures(tmp_path) / "a.jpg", None, "k", moved.append, {"ContentType": "image/jpeg"})
    assert sum(moved) == 5
    assert account.s3_client.head_object(Bucket=DEFAULT, Key="k/a.jpg")["ContentType"] == "image/jpeg"


def test_an_upload_of_nothing_is_refused_before_anything_is_asked_of_aws() -> None:
    with pytest.raises(UserError, match="there is nothing at '/nowhere/train'"):
        Account().upload_data("/nowhere/train")


def test_a_folder_and_an_object_are_downloaded(account: Account, tmp_path: Path) -> None:
    account.upload_data(pictures(tmp_path / "here"), key_prefix="p/train")
    account.upload_string_as_file_body("other", DEFAULT, "p/train_annotation/a.png")
    files = account.download_data(str(tmp_path / "there"), DEFAULT, "p/train")
    assert files == [str(tmp_path / "there" / "a.jpg"), str(tmp_path / "there" / "sub" / "b.jpg")]
    assert account.download_data(tmp_path / "one", DEFAULT, "p/train/sub/b.jpg") == [str(tmp_path / "one" / "b.jpg")]
    assert (tmp_path / "one" / "b.jpg").read_text() == "sub/b.jpg"
    assert len(account.download_data(tmp_path / "all", DEFAULT)) == 3


def test_downloading_nothing_gives_nothing_and_says_so(
    account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    account.default_bucket()
    with caplog.at_level(logging.INFO, logger="semseg"):
        assert account.download_data(tmp_path, DEFAULT, "nothing/here") == []
    assert f"There is nothing to download from s3://{DEFAULT}/nothing/here" in caplog.text


@pytest.mark.parametrize("name", ["../out.jpg", "sub/../../out.jpg", "/etc/out.jpg", "sub//out.jpg", "./out.jpg"])
def test_a_key_that_leads_elsewhere_is_refused_and_nothing_is_written(
    account: Account, tmp_path: Path, name: str
) -> None:
    account.default_bucket()
    account.objects.write(S3Uri(DEFAULT, "train/a.jpg"), b"")
    folder = S3Uri(DEFAULT, "train")
    hostile = StoredObject(S3Uri(DEFAULT, f"train/{name}"), 3, '"x"')
    with pytest.raises(ChannelError, match="rename the object"):
        hostile.uri.relative_to(folder)
    account.objects.write(S3Uri(DEFAULT, "train//etc/out.jpg"), b"out")  # what boto3 lets through as it is
    with pytest.raises(ChannelError, match=r"train//etc/out\.jpg"):
        account.download_data(tmp_path / "in", DEFAULT, "train")
    assert list(tmp_path.iterdir()) == []


def test_texts_are_written_encrypted_where_a_key_is_given_and_read(account: Account) -> None:
    account.default_bucket()
    assert account.upload_string_as_file_body("grün", DEFAULT, "t.txt", kms_key="k") == f"s3://{DEFAULT}/t.txt"
    head = account.s3_client.head_object(Bucket=DEFAULT, Key="t.txt")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "k")
    assert account.read_s3_file(DEFAULT, "t.txt") == "grün"
    account.objects.write(S3Uri(DEFAULT, "t.bin"), b"\xff")
    with pytest.raises(UserError, match=r"t\.bin must be a text in UTF-8"):
        account.read_s3_file(DEFAULT, "t.bin")


def test_clients_have_the_region_and_are_made_once(account: Account) -> None:
    assert account.boto_region_name == account.s3_client.meta.region_name == "us-west-2"
    assert account.sagemaker_client is account.sagemaker_client
    assert account.sagemaker_runtime_client.meta.service_model.service_name == "sagemaker-runtime"
    account.default_bucket()
    assert [bucket.name for bucket in account.s3_resource.buckets.all()] == [DEFAULT]
