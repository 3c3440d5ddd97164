from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from semseg.plumbing.object_socket import ObjectSocket

Pair = tuple[ObjectSocket, ObjectSocket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Both sides of a connection."""
    one, other = socket.socketpair()
    with one, other:
        yield ObjectSocket(one), ObjectSocket(other)


def test_objects_arrive_in_their_order(pair: Pair) -> None:
    one, other = pair
    for message in ({"a": [1, None]}, "text", ()):
        one.send(message)
    assert [other.receive() for _ in range(3)] == [{"a": [1, None]}, "text", ()]


def test_arrays_larger_than_the_sockets_buffer_arrive_as_they_were_and_can_be_written_to(pair: Pair) -> None:
    one, other = pair
    images = np.random.default_rng(0).integers(0, 256, (3, 1000, 1000, 3)).astype(np.uint8)
    arrays: list[np.ndarray] = [images, images[..., 0], np.empty((0, 2))]  # the second not in one piece
    sender = threading.Thread(target=one.send, args=(arrays,))
    sender.start()
    received = other.receive()
    sender.join()
    for array, sent in zip(received, arrays):
        assert array.dtype == sent.dtype
        np.testing.assert_array_equal(array, sent)
    received[0][0] = 0


def test_the_end_of_the_other_side_is_an_error_not_an_object(pair: Pair) -> None:
    one, other = pair
    other.close()
    with pytest.raises(EOFError):
        one.receive()
    with pytest.raises(BrokenPipeError):
        one.send(0)


def test_an_object_that_comes_in_part_is_an_error(pair: Pair) -> None:
    left, right = socket.socketpair()
    with left, right:
        left.sendall(b"\0\0\0")
        left.shutdown(socket.SHUT_WR)
        with pytest.raises(EOFError):
            ObjectSocket(right).receive()
