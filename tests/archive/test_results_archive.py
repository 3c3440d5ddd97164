"""What is taken from the archive of a job's results, whoever has made it."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from semseg.archive.results_archive import MOST_BYTES, unpack_results
from semseg.errors import PlatformError


def packed(folder: Path, files: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> Path:
    path = folder / "output.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
    return path


def test_the_files_of_a_report_are_taken_and_nothing_else(tmp_path: Path) -> None:
    files = {
        "evaluation.json": b"{}",
        "./metrics.csv": b"epoch",
        "curves.png": b"PNG",
        "report.html": b"<html>",
        "../up.json": b"",
        "/root.json": b"",
        "in/side.json": b"",
        ".hidden.json": b"",
        "run.sh": b"",
    }
    folder = tmp_path / "data"
    folder.mkdir()
    unpack_results(packed(tmp_path, files, {"link.json": "/etc/passwd"}), folder)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert found == {"evaluation.json": b"{}", "metrics.csv": b"epoch", "curves.png": b"PNG", "report.html": b"<html>"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "output.tar.gz"]


def test_an_archive_of_too_many_entries_is_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path, {f"{number}.json": b"" for number in range(1001)})
    with pytest.raises(PlatformError, match="must hold at most 1000 entries of 1073741824 bytes together, got 1001 of"):
        unpack_results(archive, tmp_path)


def test_an_archive_that_claims_too_much_is_refused_before_it_is_read(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("report.html")
    entry.size = MOST_BYTES + 1
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.fileobj.write(entry.tobuf())
    (tmp_path / "output.tar.gz").write_bytes(content.getvalue())
    with pytest.raises(PlatformError, match="got 1 of 1073741825 bytes"):
        unpack_results(tmp_path / "output.tar.gz", tmp_path)
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("kept", [0, 10, 80])
def test_an_archive_that_was_cut_off_is_named(tmp_path: Path, kept: int) -> None:
    archive = packed(tmp_path, {"report.html": bytes(range(256)) * 4})
    archive.write_bytes(archive.read_bytes()[:kept])
    with pytest.raises(PlatformError, match=r"output\.tar\.gz must be a whole \.tar\.gz file, but it cannot be read: "):
        unpack_results(archive, tmp_path)
