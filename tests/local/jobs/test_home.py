from __future__ import annotations

from pathlib import Path

import pytest

from semseg.errors import PlatformError, UserError
from semseg.local.jobs.home import Home, staged
from semseg.plumbing.json_file import read_json, write_json


def test_the_home_is_where_the_environment_says() -> None:
    assert Home.from_environment({"SEMSEG_HOME": "/a/b"}).jobs == Path("/a/b/jobs")
    assert Home.from_environment({}).endpoints == Path.home() / ".semseg" / "endpoints"


@pytest.mark.parametrize("folder", ["file", "file/below", "a" * 300, "~nobody-of-this-name/home", "a\0b"])
def test_a_home_that_cannot_be_is_a_sentence(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").touch()
    place = folder if folder.startswith("~") else f"{tmp_path}/{folder}"
    with pytest.raises(UserError, match=r"^SEMSEG_HOME must be a folder, or one that can be made, got '") as refusal:
        Home.from_environment({"SEMSEG_HOME": place})
    assert len(str(refusal.value)) < 300


def test_a_home_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    home = Home.from_environment({"SEMSEG_HOME": str(tmp_path / "link")})
    with pytest.raises(PlatformError) as refusal:
        home.create()
    assert str(refusal.value) == (
        f"the folder {tmp_path / 'link'} must be made, but that failed (File exists): set SEMSEG_HOME to a folder that "
        f"you can write to"
    )


def test_a_staged_folder_appears_whole(tmp_path: Path) -> None:
    with staged(tmp_path / "a", "a job") as folder:
        (folder / "file").touch()
        assert not (tmp_path / "a").exists()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]


def test_a_staged_folder_vanishes_when_its_making_fails(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), staged(tmp_path / "a", "a job") as folder:
        (folder / "no such folder" / "file").touch()
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_are_staged_at_once_the_second_is_refused(tmp_path: Path) -> None:
    sentence = r"^a job must have a name of its own, and there is already one named 'a'$"
    with pytest.raises(UserError, match=sentence), staged(tmp_path / "a", "a job"):
        make(tmp_path / "a")
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "file"]


def make(target: Path) -> None:
    with staged(target, "a job") as folder:
        (folder / "file").touch()


def test_json_is_written_with_its_folder_and_leaves_nothing_beside(tmp_path: Path) -> None:
    write_json(tmp_path / "config" / "a.json", {"a": [1]})
    write_json(tmp_path / "config" / "a.json", {"a": [2]})
    assert read_json(tmp_path / "config" / "a.json") == {"a": [2]}
    assert [path.name for path in (tmp_path / "config").iterdir()] == ["a.json"]
