"""What will be written, compared with what is free."""

from __future__ import annotations

from pathlib import Path

import pytest

from semseg.errors import UserError
from semseg.plumbing.disk_need import DiskNeed, check_room
from semseg.plumbing.disk_space import WAY_OUT
from tests.full_disk import small_disk

NOUN = "training job 'a'"


def test_what_is_needed_on_one_file_system_is_summed(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4096 * 1000) as disk:  # 4.096 MB
        needs = [DiskNeed(disk / "jobs", 2_000_000, "checkpoints"), DiskNeed(disk, 2_500_000, "archive")]
        with pytest.raises(UserError) as refusal:
            check_room(needs, NOUN)
        assert str(refusal.value) == (
            f"training job 'a' needs 4.5 MB on file system {disk} (checkpoints 2 MB, archive 2.5 MB), and 4.1 MB are "
            f"free there: {WAY_OUT}"
        )
        assert check_room(needs[:1], NOUN) == []


def test_each_file_system_counts_for_itself(tmp_path: Path) -> None:
    with small_disk(tmp_path / "a") as first, small_disk(tmp_path / "b") as second:
        assert check_room([DiskNeed(first, 3_000_000, "one"), DiskNeed(second / "x", 3_000_000, "other")], NOUN) == []


def test_less_than_a_tenth_more_than_is_needed_is_warned_of(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4096 * 1000) as disk:
        assert check_room([DiskNeed(disk, 3_700_000, "archive")], NOUN) == []  # 4.096 / 3.7 = 1.107
        (warning,) = check_room([DiskNeed(disk, 3_800_000, "archive")], NOUN)  # 1.078
        assert warning == (
            f"training job 'a' needs 3.8 MB on file system {disk} (archive 3.8 MB), and 4.1 MB are free there"
        )


def test_what_takes_no_room_is_not_spoken_of(tmp_path: Path) -> None:
    assert check_room([], NOUN) == check_room([DiskNeed(tmp_path, 0, "downloads")], NOUN) == []
