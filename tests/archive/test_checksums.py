from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from semseg.archive.checksums import check_file, digest_of, write_checksums
from semseg.errors import ModelError
from semseg.plumbing.digest import sha256


def test_the_checksum_of_a_file_longer_than_a_block_is_that_of_its_content(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000  # 1.25 MB, where a block has 1 MiB
    (tmp_path / "a").write_bytes(content)
    assert sha256(tmp_path / "a") == hashlib.sha256(content).hexdigest()


def test_only_files_that_are_there_are_written_down(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    write_checksums(tmp_path, ["a", "b"])
    written = json.loads((tmp_path / "checksums.json").read_text())
    assert written == {"a": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "checksums.json"]


def test_a_file_that_was_not_written_down_passes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    check_file(tmp_path / "a")
    (tmp_path / "checksums.json").write_text("{}")
    check_file(tmp_path / "a")


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    write_checksums(tmp_path, ["a"])
    (tmp_path / "a").write_bytes(b"2")
    with pytest.raises(ModelError, match=r"^a must have the SHA-256 in checksums\.json, 6b86b273ff34\.\.\., got d473"):
        check_file(tmp_path / "a")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a cannot be read"):
        digest_of(tmp_path / "a")
