"""S3Uploader and S3Downloader, by the names of the SageMaker Python SDK v2."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.s3 import (
    S3Downloader,
    S3Uploader,
    determine_bucket_and_prefix,
    is_s3_url,
    parse_s3_url,
    s3_path_join,
)


@pytest.fixture
def bucket(aws: str) -> str:
    return Account().default_bucket()


def test_a_folder_goes_up_and_comes_down(bucket: str, tmp_path: Path) -> None:
    (tmp_path / "up" / "sub").mkdir(parents=True)
    (tmp_path / "up" / "sub" / "a.txt").write_text("a")
    uri = f"s3://{bucket}/p"
    assert S3Uploader.upload(str(tmp_path / "up"), uri) == uri
    assert S3Downloader.list(uri) == [f"{uri}/sub/a.txt"]
    assert S3Downloader.download(uri, str(tmp_path / "down")) == [str(tmp_path / "down" / "sub" / "a.txt")]
    assert S3Downloader.read_file(f"{uri}/sub/a.txt", Account()) == "a"


def test_texts_bytes_and_streams_are_written_as_one_object(bucket: str) -> None:
    uri = f"s3://{bucket}/object"
    assert S3Uploader.upload_string_as_file_body("text", uri) == uri
    assert S3Downloader.read_file(uri) == "text"
    S3Uploader.upload_bytes(b"\x00\x01", uri, kms_key="k")
    assert S3Downloader.read_bytes(uri) == b"\x00\x01"
    S3Uploader.upload_bytes(io.BytesIO(b"stream"), uri)
    assert S3Downloader.read_bytes(uri) == b"stream"


def test_an_uploads_key_of_kms_encrypts(bucket: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    assert S3Uploader.upload(tmp_path / "a", f"s3://{bucket}/p", kms_key="k") == f"s3://{bucket}/p/a"
    assert Account().s3_client.head_object(Bucket=bucket, Key="p/a")["SSEKMSKeyId"] == "k"


def test_a_uri_is_taken_apart() -> None:
    assert parse_s3_url("s3://bucket/a/b") == ("bucket", "a/b")
    assert parse_s3_url("s3://bucket") == ("bucket", "")
    with pytest.raises(ValueError, match=r"^url must be .*'a/b'$"):
        parse_s3_url("a/b")


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        (("s3://bucket", "a", "b"), "s3://bucket/a/b"),
        (("s3://bucket/", "/a//b/"), "s3://bucket/a/b"),
        (("s3://", "bucket", "", None, "a"), "s3://bucket/a"),
        (("a", "/b"), "a/b"),
        (("/a/",), "a"),
        ((), ""),
        ((None, "data"), "data"),
    ],
)
def test_parts_are_joined_by_one_slash(parts: tuple[str, ...], joined: str) -> None:
    assert s3_path_join(*parts) == joined
    assert s3_path_join(*parts, with_end_slash=True) == (f"{joined}/" if joined else "")


def test_an_s3_uri_is_told_from_others() -> None:
    assert [is_s3_url(url) for url in ("s3://bucket/key", "S3://bucket", "https://bucket/key", "/folder", "s3")] == [
        *(True, True),
        *(False, False, False),
    ]


def test_the_default_bucket_has_its_prefix_and_a_given_one_has_none(bucket: str) -> None:
    account = Account(default_bucket_prefix="ours")
    assert determine_bucket_and_prefix(None, "masks", account) == (bucket, "ours/masks")
    assert determine_bucket_and_prefix("given", "masks", account) == ("given", "masks")
    assert determine_bucket_and_prefix() == (bucket, "")
