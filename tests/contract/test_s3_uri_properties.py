"""S3 URIs: what is written is read again, and no key leads out of its folder."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from semseg.contract.s3_uri import S3Uri
from semseg.errors import ChannelError, UserError

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too, which JSON can hold
BUCKETS = st.text(st.characters(exclude_characters="/"), min_size=1)
KEYS = st.text(st.sampled_from("ab./\0ä\ud800")) | ANY_TEXT
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60).filter(
    lambda name: name not in (".", "..")
)


@given(BUCKETS, KEYS)
def test_a_uri_that_is_written_is_read_again(bucket: str, key: str) -> None:
    assert S3Uri.parse("output_path", str(S3Uri(bucket, key))) == S3Uri(bucket, key)


@given(st.sampled_from(["", "s3:", "s3://", "S3://"]), KEYS.filter(lambda key: not key.startswith("//")))
def test_any_text_is_a_uri_or_is_refused(scheme: str, rest: str) -> None:
    try:
        uri = S3Uri.parse("output_path", scheme + rest)
    except UserError:
        return
    assert uri.bucket
    assert str(uri)[len("s3://") :].rstrip("/") == rest.rstrip("/")


@given(BUCKETS, KEYS, st.lists(NAMES, min_size=1, max_size=4))
@example("b", "/", ["a"])
def test_what_is_joined_to_a_folder_lies_below_it(bucket: str, key: str, names: list[str]) -> None:
    folder = S3Uri(bucket, key)
    assert folder.join(*names).relative_to(folder) == PurePosixPath(*names)


@given(KEYS, KEYS)
@example("a/\ud800", "a")
def test_any_key_is_a_path_that_stays_below_or_is_refused(key: str, folder: str) -> None:
    try:
        path = S3Uri("b", key).relative_to(S3Uri("b", folder))
    except ChannelError:
        return
    assert not path.is_absolute()
    assert path.parts
    assert not {"", ".", ".."} & set(path.parts)


@given(BUCKETS, BUCKETS, NAMES)
def test_no_object_lies_below_a_folder_of_another_bucket(one: str, other: str, name: str) -> None:
    assume(one != other)
    with pytest.raises(ChannelError):
        S3Uri(one, name).relative_to(S3Uri(other, ""))
