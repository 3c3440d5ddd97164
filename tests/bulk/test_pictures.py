"""What is given to be predicted: files, folders, and the names of what is written of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.bulk.pictures import given_at
from semseg.errors import UserError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def names_at(*places: Path) -> list[str]:
    return [given.name for given in given_at(places, Path("out"))]


def test_a_folder_gives_its_pictures_and_videos_at_any_depth_by_their_paths(tmp_path: Path) -> None:
    folder = touch(tmp_path, "b.JPG", "a.png", "city/a.tif", "city/drive.mp4", "notes.txt", ".hidden/c.png", ".d.png")
    assert names_at(folder) == ["a", "b", "city/a", "city/drive"]


def test_a_file_is_taken_whatever_its_suffix_is_and_once(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "picture")
    assert names_at(tmp_path / "picture", tmp_path / "a.jpg", tmp_path) == ["picture", "a"]
    assert given_at([tmp_path / "a.jpg"], tmp_path)[0].path == str(tmp_path / "a.jpg")


@pytest.mark.parametrize("names", [("a.jpg", "a.png"), ("A.jpg", "a.png"), ("a.mp4", "a/000001.jpg")])
def test_two_pictures_that_would_be_written_to_the_same_files_are_refused(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    touch(tmp_path, *names)
    with pytest.raises(
        UserError, match=r"^each picture must have a name of its own, and .* and .* would be written to"
    ):
        given_at([tmp_path], tmp_path / "out")


def test_a_place_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"must have a picture or a video in it, and .* has none"):
        given_at([touch(tmp_path, "notes.txt")], tmp_path)
    with pytest.raises(UserError, match=r"must be there to predict, got '.*nowhere'"):
        given_at([tmp_path / "nowhere"], tmp_path)
    with pytest.raises(UserError, match="pictures must be at least one picture, video or folder, got none"):
        given_at([], tmp_path)


def test_what_was_written_into_the_same_folder_is_not_taken_again(tmp_path: Path) -> None:
    touch(tmp_path, "a.jpg", "masks/a.png", "overlays/a.jpg", "city/masks/b.png")
    assert [given.name for given in given_at([tmp_path], tmp_path)] == ["a", "city/masks/b"]
    assert [given.name for given in given_at([tmp_path / "masks"], tmp_path / "out")] == ["a"]
