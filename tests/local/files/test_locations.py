from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from semseg.errors import UserError
from semseg.local.files.locations import local_path


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/data/train", "/data/train"),
        (Path("/data/train"), "/data/train"),
        ("file:///data/my%20pictures#1", "/data/my pictures#1"),
        ("/data/my%20pictures", "/data/my%20pictures"),
    ],
)
def test_paths_and_file_uris_are_locations(location: str | Path, path: str) -> None:
    assert local_path("it", location) == Path(path)


@pytest.mark.parametrize("location", ["train", "file://train", "./train"])
def test_a_relative_location_starts_at_the_working_directory(location: str) -> None:
    assert local_path("it", location) == Path.cwd() / "train"


def test_a_tilde_is_the_home_directory() -> None:
    assert local_path("it", "~/train") == Path.home() / "train"


def test_a_uri_survives_the_way_there_and_back(tmp_path: Path) -> None:
    path = tmp_path / "100% ä #"
    assert local_path("it", path.as_uri()) == path


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("s3://b/p", "it must be a path or a file:// URI on this machine, got 's3://b/p': download it"),
        ("", "it must be a path or a file:// URI, got an empty one"),
        ("file://", "it must be a path or a file:// URI, got an empty one"),
        (3, "it must be a path or a file:// URI, got int"),
    ],
)
def test_what_is_not_on_this_machine_is_refused(location: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=f"^{sentence}"):
        local_path("it", location)
