from __future__ import annotations

from pathlib import Path

import pytest

from semseg.contract.address import location_text, path_text, scheme_of
from semseg.errors import ImageError, UserError


@pytest.mark.parametrize(
    ("location", "scheme"),
    [
        ("s3://bucket/a.jpg", "s3"),
        (Path("s3://bucket/a.jpg"), "s3"),
        ("S3://bucket/a.jpg", "s3"),
        ("https://a.org/a.jpg", "https"),
        (Path("http://a.org/a.jpg"), "http"),
        ("gs://bucket/a", "gs"),
        ("file:///a.jpg", "file"),
        ("data:image/png;base64,AAAA", "data"),
        ("abfss://a@b/c", "abfss"),
        ("a.jpg", None),
        ("/data/a.jpg", None),
        ("C:/data/a.jpg", None),
        ("c://data/a.jpg", None),
        ("notes:/a.jpg", None),
        ("data:/a.jpg", None),
        ("data/s3/a.jpg", None),
        ("s3", None),
    ],
)
def test_an_address_is_told_from_a_path(location: str | Path, scheme: str | None) -> None:
    assert scheme_of(location) == scheme


@pytest.mark.parametrize(
    ("location", "path"), [("a b%20.jpg", "a b%20.jpg"), ("file:///a%20b.jpg", "/a b.jpg"), (Path("a"), "a")]
)
def test_paths_and_file_uris_are_paths(location: str | Path, path: str) -> None:
    assert path_text("it", location, "download it") == path


def test_an_address_is_no_path() -> None:
    with pytest.raises(ImageError) as refusal:
        path_text("it", "gs://b/a.jpg", "download it", ImageError)
    assert str(refusal.value) == ("it must be a path or a file:// URI on this machine, got 'gs://b/a.jpg': download it")


@pytest.mark.parametrize("location", ["s3://b/a", "a/b", Path("/a"), "file:///a", "data:image/png;base64,AA", "gs://b"])
def test_paths_and_addresses_are_text(location: str | Path) -> None:
    assert location_text("it", location) == str(location)


def test_an_address_that_pathlib_has_spoilt_is_refused_wherever_it_is_given() -> None:
    with pytest.raises(UserError) as refusal:
        location_text("it", Path("s3://b/a"))
    assert str(refusal.value) == (
        "it must be a path or an address, got 's3:/b/a': this is what pathlib.Path makes of an address; give the "
        "address as a string"
    )


def test_what_pathlib_makes_of_an_address_is_named_as_that() -> None:
    with pytest.raises(UserError) as refusal:
        path_text("it", Path("s3://b/a.jpg"), "download it")
    assert str(refusal.value) == (
        "it must be a path or a file:// URI on this machine, got 's3:/b/a.jpg': this is what pathlib.Path makes of an "
        "address; give the address as a string"
    )


@pytest.mark.parametrize("text", ["x" * 256, "a/" * 2049, "a\0b", "\ud83d", "file:///" + "x" * 400_000])
def test_what_no_file_can_be_called_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(UserError) as refusal:
        path_text("it", text, "download it")
    assert str(refusal.value).startswith("it must be a path or a file:// URI, got '")
    assert str(refusal.value).endswith(", and no file can have such a name")
    assert len(str(refusal.value)) < 220


def test_a_path_may_be_as_long_as_the_system_has_it() -> None:
    assert path_text("it", f"{'x' * 255}/{'ä' * 127}", "download it") == f"{'x' * 255}/{'ä' * 127}"
