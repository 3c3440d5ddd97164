"""A full disk as one sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from semseg.errors import PlatformError
from semseg.plumbing import disk_space, whole_file
from semseg.plumbing.disk_space import WAY_OUT, full, full_disk_told, no_room, readable, reason_of
from semseg.plumbing.regular_file import read_regular
from tests.full_disk import files_of_at_most, fill, small_disk


def error_of(number: int, *names: object) -> OSError:
    error = OSError(number, os.strerror(number))
    error.filename, error.filename2 = (*names, None, None)[:2]
    return error


def touch_many(folder: Path) -> None:
    for number in range(20):
        (folder / str(number)).touch()


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1_500_000, "1.5 MB"),
        (284_000_000, "284 MB"),
        (999_600_000, "1 GB"),
        (5e15, "5e+03 TB"),
    ],
)
def test_bytes_are_told_in_three_digits(size: float, text: str) -> None:
    assert readable(size) == text


def test_a_full_disk_is_told_with_the_file_its_file_system_and_what_is_free(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        fill(disk)
        with pytest.raises(OSError, match="No space left") as failure:
            (disk / "model.tar.gz").write_bytes(b"x")
        assert no_room(failure.value, disk / "model.tar.gz") == (
            f"{disk}/model.tar.gz could not be written, because its disk is full: file system {disk} has 0 B free now; "
            f"make room there, or let SEMSEG_HOME or output_path name a folder on another disk"
        )
        assert full(disk / "not" / "there") == f"its disk is full: file system {disk} has 0 B free now; {WAY_OUT}"


def test_a_disk_with_room_for_bytes_and_for_no_further_file_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", files=10) as disk:
        with pytest.raises(OSError, match="No space left") as failure:
            touch_many(disk)
        assert " free now, and no further files can be made there; make room" in str(no_room(failure.value, disk))
        assert "its disk is full" in str(full(disk))


def test_the_file_is_the_one_that_the_error_names_if_its_folder_is_there(tmp_path: Path) -> None:
    there, gone = str(tmp_path / "a"), str(tmp_path / ".new-x" / "job.json")
    named = [error_of(errno.ENOSPC, there), error_of(errno.ENOSPC, "/source", there), error_of(errno.ENOSPC, gone)]
    beginnings = [str(no_room(error, tmp_path / "place")).partition(" could")[0] for error in named]
    assert beginnings == [there, there, str(tmp_path / "place")]


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.EDQUOT, "the quota of its owner is used up"),
        (errno.EFBIG, "no file may become as large"),
        (errno.EROFS, "its file system is read-only"),
    ],
)
def test_a_quota_a_limit_and_a_read_only_disk_are_told_apart(tmp_path: Path, number: int, why: str) -> None:
    assert f" could not be written, because {why}: file system /" in str(no_room(error_of(number), tmp_path))


def test_other_errors_keep_their_own_sentence(tmp_path: Path) -> None:
    assert no_room(error_of(errno.EACCES), tmp_path) is None
    assert no_room(ValueError("no room"), tmp_path) is None
    assert reason_of(PlatformError("a, b"), tmp_path) == "a, b"
    assert full(tmp_path) is None
    (tmp_path / "large").write_bytes(bytes(10))
    with pytest.raises(OSError, match="it must have at most 9 bytes, got 10") as refusal:
        read_regular(tmp_path / "large", most=9)  # too large to be read is not too large for the disk
    assert no_room(refusal.value, tmp_path) is None
    with pytest.raises(ValueError, match="mine"), full_disk_told(tmp_path):
        raise ValueError("mine")


def test_what_cannot_be_written_whole_is_named_though_its_part_was_hidden(tmp_path: Path) -> None:
    refusal = pytest.raises(PlatformError, match=f"^{tmp_path}/a could not be written, because no file may become as")
    with refusal, files_of_at_most(1000), full_disk_told(tmp_path):
        whole_file.write_bytes(tmp_path / "a", bytes(2000))
    assert list(tmp_path.iterdir()) == []


def test_the_top_of_a_file_system_is_found_for_what_is_not_there_yet(tmp_path: Path) -> None:
    assert disk_space.mount_point(Path("/")) == Path("/")
    assert os.path.ismount(disk_space.mount_point(tmp_path / "a" / "b"))
