"""A file that did not change is not read again, and one that changed is, however it changed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data import kept_facts
from semseg.data.file_check import ReadFacts
from semseg.data.kept_facts import FactStore, KeptFacts
from semseg.data.labels.colour_table import ColourTable
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.data.pictures.picture import Picture
from semseg.errors import ImageError

SOON = 1.0  # seconds after files were written
LATER = 10.0


class CountedReading:
    """Reads facts, and keeps the names of the files that it read."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def image(self, picture: Picture, name: str) -> ImageFacts:
        self.names.append(name)
        return ReadFacts().image(picture, name)

    def mask(self, picture: Picture, name: str, colours: ColourTable | None) -> MaskFacts:
        self.names.append(name)
        return ReadFacts().mask(picture, name, colours)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """An image of 16 bits, and a palette mask of the values 0, 1 and 2, once each, and twice 5."""
    folder = tmp_path / "files"
    folder.mkdir()
    Image.fromarray(np.full((2, 3), 4095, np.uint16)).save(folder / "a.png")
    mask = Image.frombytes("P", (5, 1), bytes([0, 1, 2, 5, 5]))
    mask.putpalette([7, 8, 9] * 256)
    mask.save(folder / "m.png")
    return folder / "a.png", folder / "m.png"


def looked(
    store: Path, files: tuple[Path, Path], rule: str = "", after: float = LATER
) -> tuple[list[str], ImageFacts, MaskFacts]:
    """The names of the files that one job reads, and what it knows of them."""
    read, kept = CountedReading(), FactStore(store)
    facts = KeptFacts(kept, read, rule, lambda: time.time() + after)
    image, mask = facts.image(files[0], "image"), facts.mask(files[1], "mask", None)
    kept.save()
    assert facts.known == 2 - len(read.names)
    return read.names, image, mask


def test_files_that_did_not_change_are_read_once_and_known_alike(tmp_path: Path, files: tuple[Path, Path]) -> None:
    names, image, mask = looked(tmp_path / "facts", files)
    assert names == ["image", "mask"]
    names, known_image, known_mask = looked(tmp_path / "facts", files)
    assert names == []
    assert known_image == image
    assert (known_image.highest, known_image.bits) == (4095, 16)
    assert (known_mask.width, known_mask.height, known_mask.palette) == (5, 1, mask.palette)
    assert known_mask.counts.tolist() == mask.counts.tolist()
    assert known_mask.squares is not None
    assert mask.squares is not None
    assert known_mask.squares.tolist() == mask.squares.tolist()
    assert known_mask.counts[[0, 1, 2, 5]].tolist() == [1, 1, 1, 2]


def rewritten(path: Path) -> None:
    """Other content of the same size, at the same time."""
    was = path.stat()
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


def touched(path: Path) -> None:
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def replaced(path: Path) -> None:
    """Another file of the same content and time."""
    was = path.stat()
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    os.utime(copy, ns=(was.st_atime_ns, was.st_mtime_ns))
    copy.replace(path)


@pytest.mark.parametrize("change", [rewritten, touched, replaced])
def test_a_file_that_changed_is_read_again(
    tmp_path: Path, files: tuple[Path, Path], change: Callable[[Path], None]
) -> None:
    looked(tmp_path / "facts", files)
    change(files[0])
    assert looked(tmp_path / "facts", files)[0] == ["image"]


def test_a_file_that_became_broken_is_read_and_refused(tmp_path: Path, files: tuple[Path, Path]) -> None:
    looked(tmp_path / "facts", files)
    files[0].write_bytes(b"")
    with pytest.raises(ImageError, match="is empty"):
        looked(tmp_path / "facts", files)


def test_other_rules_know_nothing_of_one_another(tmp_path: Path, files: tuple[Path, Path]) -> None:
    looked(tmp_path / "facts", files, "as stored")
    assert looked(tmp_path / "facts", files, "turned")[0] == ["image", "mask"]
    assert looked(tmp_path / "facts", files, "as stored")[0] == []


def test_files_that_are_younger_than_two_seconds_are_not_kept(tmp_path: Path, files: tuple[Path, Path]) -> None:
    looked(tmp_path / "facts", files, after=SOON)
    assert not (tmp_path / "facts").exists()
    assert looked(tmp_path / "facts", files)[0] == ["image", "mask"]


def test_a_file_that_is_changed_while_it_is_read_is_not_kept(tmp_path: Path, files: tuple[Path, Path]) -> None:
    class Changing(CountedReading):
        def image(self, picture: Picture, name: str) -> ImageFacts:
            facts = super().image(picture, name)
            touched(files[0])
            return facts

    store = FactStore(tmp_path / "facts")
    KeptFacts(store, Changing(), "", lambda: time.time() + LATER).image(files[0], "image")
    store.save()
    assert looked(tmp_path / "facts", files)[0] == ["image", "mask"]


@pytest.mark.parametrize("damage", [b"", b"no facts", b"0" * 32 + b"\nkey [1]\n"])
def test_kept_facts_that_are_damaged_are_ignored(tmp_path: Path, files: tuple[Path, Path], damage: bytes) -> None:
    looked(tmp_path / "facts", files)
    for path in (tmp_path / "facts").iterdir():
        path.write_bytes(damage)
    assert looked(tmp_path / "facts", files)[0] == ["image", "mask"]
    assert looked(tmp_path / "facts", files)[0] == []


def test_one_changed_digit_makes_kept_facts_unknown(tmp_path: Path, files: tuple[Path, Path]) -> None:
    looked(tmp_path / "facts", files)
    for path in (tmp_path / "facts").iterdir():
        path.write_bytes(path.read_bytes().replace(b"[3,2,", b"[3,9,"))
    assert "image" in looked(tmp_path / "facts", files)[0]


def test_a_folder_that_cannot_be_written_to_keeps_nothing(tmp_path: Path, files: tuple[Path, Path]) -> None:
    (tmp_path / "facts").write_bytes(b"a file")
    assert looked(tmp_path / "facts", files)[0] == ["image", "mask"]


def test_what_was_used_longest_ago_is_left_out_where_there_are_too_many(tmp_path: Path) -> None:
    first, second = FactStore(tmp_path), FactStore(tmp_path)
    row = "x" * (kept_facts.MOST_BYTES // 3)
    for key in ("0000a", "0000b"):
        first.add(key, [row])
    first.save()
    assert second.find("0000a", len) == 1
    second.add("0000c", [row])
    second.save()
    third = FactStore(tmp_path)
    assert [third.find(key, len) for key in ("0000a", "0000b", "0000c")] == [1, None, 1]
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= kept_facts.MOST_BYTES + 33
