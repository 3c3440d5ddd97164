from __future__ import annotations

from pathlib import Path

import pytest

from semseg.aws.account import Account
from semseg.errors import UserError
from semseg.local.transform.listing import list_inputs


def folder_with(place: Path, *names: str) -> str:
    for name in names:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(b"1")
    return str(place)


def test_what_training_leaves_out_is_left_out_and_counted(tmp_path: Path) -> None:
    folder = folder_with(
        tmp_path,
        "a.jpg",
        "night/b.PNG",
        "c.heic",
        "Thumbs.db",
        "night/notes.txt",
        ".DS_Store",
        ".cache/d.jpg",
        "README",
    )
    listing = list_inputs(folder, Account())
    assert [item.key for item in listing.inputs] == ["a.jpg", "c.heic", "night/b.PNG"]
    assert listing.sentence == (
        "5 files are left out, hidden or without the name of a picture: .DS_Store, .cache/d.jpg, README and 2 more"
    )


def test_nothing_is_said_where_nothing_is_left_out(tmp_path: Path) -> None:
    assert list_inputs(folder_with(tmp_path, "a.jpg"), Account()).sentence == ""


def test_a_file_that_is_named_is_taken_whatever_it_is(tmp_path: Path) -> None:
    folder_with(tmp_path, "frame")
    assert [item.key for item in list_inputs(str(tmp_path / "frame"), Account()).inputs] == ["frame"]


def test_a_folder_without_pictures_is_refused_with_what_it_holds(tmp_path: Path) -> None:
    folder_with(tmp_path, "Thumbs.db")
    with pytest.raises(UserError) as refusal:
        list_inputs(tmp_path.as_uri(), Account())
    assert str(refusal.value).startswith(
        "the data of a transform job must name at least one picture, and there is none at 'file://"
    )
    assert str(refusal.value).endswith("': 1 file is left out, hidden or without the name of a picture: Thumbs.db")


def test_an_address_elsewhere_is_no_folder() -> None:
    with pytest.raises(UserError, match=r"got 'https://a.org/pictures': download it, then give its folder$"):
        list_inputs("https://a.org/pictures", Account())
