"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from semseg.plumbing import whole_file
from semseg.plumbing.digest import sha256
from semseg.plumbing.json_file import read_json, write_json, write_public_json


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_half(path: Path, is_folder: bool = False) -> None:
    with whole_file.beside(path) as part:
        if is_folder:
            part.mkdir()
        (part / "parameters" if is_folder else part).write_text("ne")
        raise OSError("No space left on device")


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text("old")
    with whole_file.beside(file) as part:
        part.write_text("new")
        assert file.read_text() == "old"
    assert (file.read_text(), names(tmp_path)) == ("new", ["state.json"])


def test_what_is_half_written_vanishes_and_the_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text("old")
    with pytest.raises(OSError, match="No space left"):
        write_half(file)
    assert (file.read_text(), names(tmp_path)) == ("old", ["state.json"])


def test_the_part_is_hidden_and_two_writers_have_two(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with whole_file.beside(file) as first, whole_file.beside(file) as second:
        first.write_text("first")
        second.write_text("second")
        assert all(name.startswith(".state.json.") and name.endswith(".part") for name in names(tmp_path))
    assert file.read_text() == "first"  # the inner block ended before


def test_a_folder_takes_the_place_of_a_whole_folder(tmp_path: Path) -> None:
    folder = tmp_path / "epoch-0001"
    folder.mkdir()
    (folder / "stale").touch()
    with whole_file.beside(folder) as part:
        (part / "deep").mkdir(parents=True)
        (part / "deep" / "state.json").write_text("{}")
    assert (names(tmp_path), names(folder)) == (["epoch-0001"], ["deep"])


def test_a_half_written_folder_vanishes(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        write_half(tmp_path / "epoch-0001", is_folder=True)
    assert names(tmp_path) == []


def test_what_killed_writers_left_is_swept_and_what_others_write_is_not(tmp_path: Path) -> None:
    hidden = "0123456789abcdef" * 2
    old, young = tmp_path / f".a.json.{hidden}.part", tmp_path / f".epoch-0001.{hidden}.part"
    old.write_text("ha")
    (young / "deep").mkdir(parents=True)
    (young / "deep" / "parameters").write_text("half")
    for name in ("a.json", ".notes.part", ".cache"):
        (tmp_path / name).touch()
    for path in (old, young):  # the folder itself is old, and a file in it is not
        os.utime(path, (1, 1))
    whole_file.sweep(tmp_path, whole_file.IDLE_SECONDS)
    assert names(tmp_path) == [".cache", young.name, ".notes.part", "a.json"]
    whole_file.sweep(tmp_path)
    assert names(tmp_path) == [".cache", ".notes.part", "a.json"]
    whole_file.sweep(tmp_path / "not there")


def test_a_part_that_is_being_written_is_not_swept_by_others(tmp_path: Path) -> None:
    with whole_file.beside(tmp_path / "a") as part:
        part.write_text("long")
        whole_file.sweep(tmp_path, whole_file.IDLE_SECONDS)
    assert (tmp_path / "a").read_text() == "long"


def test_a_scratch_folder_is_gone_at_the_end_and_swept_where_its_maker_was_killed(tmp_path: Path) -> None:
    with whole_file.scratch(tmp_path, "export") as folder:
        (folder / "graph.onnx").touch()
        assert folder.name.startswith(".export.")
        whole_file.sweep(tmp_path)
        assert names(tmp_path) == []
    with whole_file.scratch(tmp_path, "export"):
        pass
    assert names(tmp_path) == []


def test_without_forcing_the_file_is_written_all_the_same(tmp_path: Path) -> None:
    with whole_file.beside(tmp_path / "picture.png", forced=False) as part:
        part.write_bytes(b"\x89PNG")
    assert (tmp_path / "picture.png").read_bytes() == b"\x89PNG"


def test_bytes_text_and_copies_are_written_whole(tmp_path: Path) -> None:
    whole_file.write_bytes(tmp_path / "a", b"\x00\xff")
    whole_file.write_text(tmp_path / "b", "ä")
    whole_file.copy(tmp_path / "a", tmp_path / "c")
    assert [(tmp_path / name).read_bytes() for name in "abc"] == [b"\x00\xff", b"\xc3\xa4", b"\x00\xff"]
    assert names(tmp_path) == ["a", "b", "c"]


def test_a_json_file_is_for_its_owner_alone_unless_it_is_public(tmp_path: Path) -> None:
    write_json(tmp_path / "deep" / "job.json", {"Environment": {"TOKEN": "x"}})
    write_public_json(tmp_path / "evaluation.json", {"mIOU": 0.5})
    assert stat.S_IMODE((tmp_path / "deep" / "job.json").stat().st_mode) == 0o600
    assert (tmp_path / "evaluation.json").stat().st_mode & stat.S_IRUSR
    assert read_json(tmp_path / "deep" / "job.json") == {"Environment": {"TOKEN": "x"}}
    assert read_json(tmp_path / "evaluation.json") == {"mIOU": 0.5}


def test_a_digest_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert sha256(tmp_path / "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
