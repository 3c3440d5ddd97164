"""What boto3 raises, in one sentence that has no secret in it."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.aws.connection import Connection, Patience
from semseg.aws.faults import faults_as_sentences
from semseg.aws.object_store import ObjectStore
from semseg.contract.s3_uri import S3Uri
from semseg.errors import PlatformError, SemsegError, UserError
from semseg.local.files.downloads import Downloads
from tests.aws.faulty_proxy import ANSWERS, CUT_SHORT, IMPATIENT, faulty_proxy, impatient_store
from tests.ports import free_port

BUCKET = "pictures"
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "RecognisableSecretKey0123456789",
    "AWS_SESSION_TOKEN": "RecognisableSessionToken0123456789",
}


@pytest.fixture
def secrets(aws: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What no message, log or file may show; boto3 has them."""
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    account = Account()
    account.s3_client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": account.boto_region_name}
    )
    account.objects.write(S3Uri(BUCKET, "a.jpg"), b"a" * 1000)
    return [*SECRETS.values(), "RecognisablePassword"]


@pytest.mark.parametrize("fault", [*ANSWERS, *CUT_SHORT])
def test_no_secret_is_in_a_message_a_traceback_a_log_or_a_file(
    secrets: list[str],
    aws: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    fault: str,
) -> None:
    caplog.set_level(logging.DEBUG, logger="semseg")
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.add("GET", "/a.jpg", *[fault] * 9)
        objects = Account().objects.list_prefix(S3Uri(BUCKET, ""))
        with pytest.raises(SemsegError, match=r"s3://pictures/a\.jpg: ") as raised:
            Downloads(tmp_path, impatient_store(fault)).fetch(objects)
    told_to_people = "".join(traceback.format_exception(raised.type, raised.value, raised.tb))
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith("semseg"))
    for secret in secrets:
        assert secret not in told_to_people + written + ours
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("unknown key", r"InvalidAccessKeyId: the credentials are not valid: look at them with `aws configure list`"),
        ("signature", r"SignatureDoesNotMatch: the credentials are not valid"),
        ("expire", r"ExpiredToken: the credentials have expired: log in again"),
    ],
)
@pytest.mark.usefixtures("secrets")
def test_refused_credentials_are_told_with_the_way_out(
    aws: str, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.add("GET", "/a.jpg", fault)
        with pytest.raises(UserError, match=said):
            impatient_store().read(S3Uri(BUCKET, "a.jpg"))
        assert len(proxy.seen) == 1  # a second attempt could not help


def test_a_head_without_an_explanation_is_told_too(
    secrets: list[str], aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.add("HEAD", "/a.jpg", "deny")
        with pytest.raises(UserError, match=r"could not look up s3://pictures/a.jpg: 403: Forbidden: no permission"):
            impatient_store().find(S3Uri(BUCKET, "a.jpg"))


def test_missing_credentials_are_told_with_two_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with pytest.raises(UserError, match=r"boto3 found no credentials: run `aws configure`, or set AWS_PROFILE"):
        Account().objects.read(S3Uri(BUCKET, "a.jpg"))


def test_a_missing_region_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="set the environment variable AWS_DEFAULT_REGION"):
        _ = Account().objects


def test_a_missing_profile_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UserError, match=r"profile \(nobody\) could not be found: look at AWS_PROFILE"):
        _ = Account().boto_session


@pytest.mark.usefixtures("aws")
def test_an_endpoint_that_is_not_there_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://somebody:RecognisablePassword@127.0.0.1:{free_port()}")
    with pytest.raises(PlatformError, match="AWS_ENDPOINT_URL") as raised:
        impatient_store().read(S3Uri(BUCKET, "a.jpg"))
    assert "RecognisablePassword" not in str(raised.value)
    assert "s3://pictures/a.jpg" in str(raised.value)


@pytest.mark.usefixtures("aws")
def test_a_value_that_boto3_refuses_is_one_line() -> None:
    with pytest.raises(UserError, match=r"could not read s3://no bucket/a: .*Invalid bucket name") as raised:
        Account().objects.read(S3Uri("no bucket", "a"))
    assert "\n" not in str(raised.value)


def test_errors_of_ours_pass_and_other_errors_too() -> None:
    with pytest.raises(UserError, match=r"^mine$"), faults_as_sentences("do it"):
        raise UserError("mine")
    with pytest.raises(ZeroDivisionError), faults_as_sentences("do it"):
        _ = 1 / 0


def test_the_environments_own_retries_hold(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Connection(patience=Patience(attempts=3)).client("s3").meta.config.retries["total_max_attempts"] == 3
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "6")
    assert Connection(patience=Patience(attempts=3)).client("s3").meta.config.retries["total_max_attempts"] == 6


def test_a_childs_environment_has_what_a_given_session_has_and_no_foreign_token(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3

    monkeypatch.setenv("AWS_SESSION_TOKEN", "of somebody else")
    given = boto3.Session(aws_access_key_id="key", aws_secret_access_key="secret", region_name="eu-west-1")
    environment = Connection(given, "http://127.0.0.1:1").child_environment()
    assert environment == {
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    frozen = Connection().boto_session.get_credentials().get_frozen_credentials()
    assert (frozen.access_key, frozen.secret_key, frozen.token or None) == ("key", "secret", None)
    assert Connection().child_environment() == {}


@pytest.mark.usefixtures("secrets")
def test_a_store_waits_as_long_as_it_was_told(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty_proxy(aws) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
        proxy.add("GET", "/a.jpg", "truncate", "truncate", "truncate")
        client = Connection(patience=IMPATIENT).client("s3")
        assert ObjectStore(client, waits=(0, 0, 0)).read(S3Uri(BUCKET, "a.jpg")) == b"a" * 1000
        assert len(proxy.seen) == 4
