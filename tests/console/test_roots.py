"""What the console may reach of the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.console.folder_listing import list_folder
from semseg.console.roots import Roots
from semseg.errors import UserError

CHANNELS = ("train", "train_annotation", "validation", "validation_annotation")


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """A folder ``in`` that is a root, and a folder ``out`` beside it."""
    for name in ("in/data", "out/secret"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "out/secret/key.txt").write_text("key")
    (tmp_path / "in/link").symlink_to(tmp_path / "out/secret")
    return tmp_path


@pytest.mark.parametrize(
    "place", ["in/../out/secret", "in/link", "out", "inside", "", "in\0", "/", "~root", "in/link/.."]
)
def test_what_lies_elsewhere_is_refused_and_nothing_is_told_of_it(places: Path, place: str) -> None:
    roots = Roots([places / "in"])
    with pytest.raises(UserError, match=r"a path must lie below .*/in, got "):
        roots.folder(place if place in ("", "/", "~root") else f"{places}/{place}")


def test_a_folder_below_the_roots_is_given_without_links(places: Path) -> None:
    (places / "in/short").symlink_to(places / "in/data")
    assert Roots([places / "in"]).folder(f"{places}/in/./short/") == places.resolve() / "in/data"


def test_a_file_where_a_folder_must_be_is_told(places: Path) -> None:
    (places / "in/file").touch()
    with pytest.raises(UserError, match="must be a folder"):
        Roots([places / "in"]).folder(f"{places}/in/file")
    with pytest.raises(UserError, match="must be a file"):
        Roots([places / "in"]).file(f"{places}/in/data")


def test_a_channel_that_is_a_link_to_elsewhere_is_refused(places: Path) -> None:
    (places / "in/data/train").symlink_to(places / "out/secret")
    with pytest.raises(UserError, match=r"in/data/train must lie below .* and is a link that leads out"):
        Roots([places / "in"]).data(f"{places}/in/data")


def test_roots_must_be_folders_and_at_least_one(places: Path) -> None:
    with pytest.raises(UserError, match="--root must be a folder"):
        Roots([places / "nowhere"])
    with pytest.raises(UserError, match="at least one folder"):
        Roots([])


def test_a_listing_has_data_sets_first_and_neither_hidden_folders_nor_links_that_lead_out(places: Path) -> None:
    for name in CHANNELS:
        (places / "in/street" / name).mkdir(parents=True)
    (places / "in/.git").mkdir()
    (places / "in/notes.txt").touch()
    listing = list_folder(Roots([places / "in"]), places.resolve() / "in")
    assert [(one.name, one.is_data) for one in listing.folders] == [("street", True), ("data", False)]
    assert (listing.files, listing.is_data) == (1, False)
    below = list_folder(Roots([places / "in"]), places.resolve() / "in/street/train")
    assert [one.name for one in below.above] == [str(places.resolve() / "in"), "street", "train"]
