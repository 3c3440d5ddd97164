from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from semseg.plumbing.regular_file import open_regular, read_regular

RULE = "it must be a regular file or a link to one, got "


def refusal_of(path: Path, most: int = 10) -> str | None:
    with pytest.raises(OSError, match=path.name) as refusal:
        read_regular(path, most)
    assert refusal.value.filename == str(path)
    return refusal.value.strerror


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    assert read_regular(tmp_path / "a", 10) == b"0123456789"


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")
    assert read_regular(tmp_path / "link", 3) == b"abc"


def test_an_empty_file_has_no_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert read_regular(tmp_path / "a", 0) == b""


def test_a_file_is_opened_for_reading_in_parts(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    with open_regular(tmp_path / "a") as file:
        assert [file.read(2), file.read(2), file.read(2)] == [b"ab", b"c", b""]


def test_a_byte_too_many_is_refused_before_any_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(2**40 + 1)
    assert refusal_of(tmp_path / "a", 2**40) == "it must have at most 1099511627776 bytes, got 1099511627777"


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    assert refusal_of(tmp_path / "a") == RULE + "a FIFO"


def test_a_fifo_that_somebody_writes_to_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    reader = os.open(tmp_path / "a", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(tmp_path / "a", os.O_WRONLY)
    try:
        os.write(writer, b"abc")
        assert refusal_of(tmp_path / "a") == RULE + "a FIFO"
        assert os.read(reader, 3) == b"abc"
    finally:
        os.close(writer)
        os.close(reader)


def test_a_socket_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        here = os.open(tmp_path, os.O_RDONLY)
        server.bind(f"/proc/self/fd/{here}/a")  # the path of a socket must be short
        os.close(here)
        assert refusal_of(tmp_path / "a") == RULE + "a socket"


def test_a_link_to_a_device_without_an_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/dev/zero")
    assert refusal_of(tmp_path / "a") == RULE + "a device"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert refusal_of(tmp_path) == RULE + "a folder"


def test_a_file_that_is_not_there_is_told_as_the_system_does(tmp_path: Path) -> None:
    assert refusal_of(tmp_path / "a") == "No such file or directory"
