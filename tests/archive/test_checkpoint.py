"""The names of checkpoints."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from semseg.archive.checkpoint import FILES, NotWholeError, check_readable, checkpoint_name, newest_first, point_of


def test_a_checkpoint_is_named_after_its_epochs_and_the_steps_of_the_next() -> None:
    assert (checkpoint_name(2), checkpoint_name(2, 120)) == ("epoch-0002", "epoch-0002-step-000120")
    assert point_of("epoch-0002") == (2, 0)
    assert point_of("epoch-0002-step-000120") == (2, 120)


def test_what_is_named_otherwise_is_no_checkpoint() -> None:
    assert [point_of(name) for name in ("epoch-", ".epoch-0002.part", "epoch-0002-step-", "epoch-0002-step-1-2")] == [
        None
    ] * 4


def test_a_later_step_comes_before_an_earlier_one_and_a_whole_epoch_before_its_steps() -> None:
    names = ["epoch-0001-step-000009", "epoch-0002", "epoch-0001-step-000120", "epoch-0001", "notes"]
    assert newest_first(names) == ["epoch-0002", "epoch-0001-step-000120", "epoch-0001-step-000009", "epoch-0001"]


def test_a_head_that_claims_to_be_longer_than_any_file_is_not_read_so_far(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes(struct.pack("<Q", 2**62) + b"{}")
    with pytest.raises(
        NotWholeError, match=r"^parameters\.params cannot be read: it must have 4611686018427387912 bytes"
    ):
        check_readable(tmp_path)
