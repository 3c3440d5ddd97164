"""s3:// URIs, taken apart and put together."""

from __future__ import annotations

import pytest

from semseg.contract.s3_uri import S3Uri, can_be_a_name, is_s3
from semseg.errors import ChannelError, UserError

TRAIN = S3Uri("b", "p/train")


def test_a_uri_is_read_joined_and_written() -> None:
    uri = S3Uri.parse("output_path", "s3://bucket/a/b")
    assert (uri.bucket, uri.key) == ("bucket", "a/b")
    assert str(uri.join("c", "", "d.jpg")) == "s3://bucket/a/b/c/d.jpg"
    assert str(S3Uri.parse("output_path", "s3://bucket").join("a")) == "s3://bucket/a"


@pytest.mark.parametrize("text", ["", "a/b", "s3://", "s3:///key", "https://bucket/key", None, 3])
def test_what_is_no_uri_is_refused_by_its_noun(text: object) -> None:
    with pytest.raises(UserError, match="output_path must be an S3 URI such as s3://bucket/folder, got"):
        S3Uri.parse("output_path", text)


def test_only_texts_with_the_scheme_are_meant_to_be_in_s3() -> None:
    assert is_s3("s3://bucket/key")
    assert not is_s3("data/train")


@pytest.mark.parametrize(
    ("key", "folder", "path"),
    [
        ("p/train/a.jpg", TRAIN, "a.jpg"),
        ("p/train/a.jpg", S3Uri("b", "p/train/"), "a.jpg"),
        ("p/train/sub/..a.jpg", TRAIN, "sub/..a.jpg"),
        ("p/train/a.jpg", S3Uri("b", ""), "p/train/a.jpg"),
        ("p/train/a.jpg", S3Uri("b", "p/train/a.jpg"), "a.jpg"),
        pytest.param("p/train/" + "x" * 255, TRAIN, "x" * 255, id="the longest name"),
    ],
)
def test_an_object_lies_below_its_folder(key: str, folder: S3Uri, path: str) -> None:
    assert str(S3Uri("b", key).relative_to(folder)) == path


@pytest.mark.parametrize(
    "key",
    [
        "p/train/../a.jpg",
        "p/train/..",
        "p/train/./a.jpg",
        "p/train//etc/passwd",
        "p/train/",
        "p/train/a\0.jpg",
        pytest.param("p/train/\ud800.jpg", id="half of a surrogate pair"),
        pytest.param("p/train/" + "ä" * 128, id="a name of 256 bytes"),
        "p/train_annotation/a.png",
        "a.jpg",
    ],
)
def test_a_key_that_leads_out_of_its_folder_is_refused(key: str) -> None:
    with pytest.raises(ChannelError, match=r"must be the name of a file below s3://b/p/train, .*: rename the object"):
        S3Uri("b", key).relative_to(TRAIN)


@pytest.mark.parametrize("part", ["..\\a.jpg", "C:a.jpg", "a.jpg:hidden", "\\\\server\\share"])
def test_what_leads_elsewhere_on_windows_is_no_name_there(part: str) -> None:
    assert (can_be_a_name(part, "nt"), can_be_a_name(part, "posix")) == (False, True)
    assert can_be_a_name("a.jpg", "nt")


def test_a_key_of_another_bucket_is_refused() -> None:
    with pytest.raises(ChannelError, match="s3://other/p/train/a"):
        S3Uri("other", "p/train/a").relative_to(TRAIN)
