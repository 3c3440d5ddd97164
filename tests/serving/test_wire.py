from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from semseg.serving import wire

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_messages_arrive_one_by_one_and_in_order(pair: Pair) -> None:
    for number in (1, 2):
        wire.send(pair[0], {"number": number})
    assert [wire.receive(pair[1]), wire.receive(pair[1])] == [({"number": 1}, []), ({"number": 2}, [])]


def test_files_arrive_with_their_message_and_read_what_was_written(pair: Pair, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        with (tmp_path / name).open() as file:
            wire.send(pair[0], {"name": name}, [file.fileno()])
    for name in ("a", "b"):
        received = wire.receive(pair[1])
        assert received is not None
        message, files = received
        assert message == {"name": name}
        with os.fdopen(files[0]) as copy:
            assert copy.read() == name


def test_the_end_of_the_other_side_is_none(pair: Pair) -> None:
    pair[0].close()
    assert wire.receive(pair[1]) is None


def test_a_message_larger_than_a_sockets_buffer_arrives_whole(pair: Pair) -> None:
    message = {"text": "x" * 900_000}
    sending = threading.Thread(target=wire.send, args=(pair[0], message))
    sending.start()
    assert wire.receive(pair[1]) == (message, [])
    sending.join()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x10\x00", "a message must be whole, but it ends after 0 of 2 bytes"),
        (struct.pack("<I", 16) + b"{}", "a message must be whole, but it ends after 2 of 16 bytes"),
        (struct.pack("<I", 2**20 + 1), "a message must be at most 1048576 bytes, got 1048577"),
        (struct.pack("<I", 3) + b"{x}", "a message must be JSON, got b'{x}'"),
        (struct.pack("<I", 2) + b"[]", "a message must be a JSON object, got b'[]'"),
    ],
)
def test_what_is_no_message_is_an_error(pair: Pair, data: bytes, sentence: str) -> None:
    pair[0].sendall(data)
    pair[0].close()
    with pytest.raises(wire.BrokenWire) as broken:
        wire.receive(pair[1])
    assert str(broken.value) == sentence


def test_too_large_a_message_and_too_many_files_are_not_sent(pair: Pair) -> None:
    for message, files in (({"text": "x" * 2**20}, []), ({}, [0] * 129)):
        with pytest.raises(ValueError, match="a message must be at most 1048576 bytes with 128 files"):
            wire.send(pair[0], message, files)


def test_an_inbox_puts_messages_together_whatever_the_pieces(pair: Pair) -> None:
    for number in range(3):
        wire.send(pair[0], {"number": number})
    data = pair[1].recv(1000)
    for size in (1, 5, 7, 1000):
        inbox = wire.Inbox()
        found = [message for start in range(0, len(data), size) for message in inbox.add(data[start : start + size])]
        assert found == [{"number": 0}, {"number": 1}, {"number": 2}]
