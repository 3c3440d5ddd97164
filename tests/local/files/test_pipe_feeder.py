from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from semseg.contract.recordio import read_records
from semseg.errors import UserError
from semseg.local.files.channel_files import Content
from semseg.local.files.pipe_feeder import AHEAD, PipeFeeder

SAMPLES = [(Path(f"{number}.jpg"), Path(f"{number}.png")) for number in range(40)]
IN_ORDER = [str(part).encode() for sample in SAMPLES for part in sample]
SECONDS = 10


def name_of(content: Content) -> bytes:
    return str(content).encode()


@contextmanager
def feeding(channel: Path, read: Callable[[Content], bytes] = name_of, seed: int | None = None) -> Iterator[PipeFeeder]:
    feeder = PipeFeeder(channel, SAMPLES, read, seed)
    feeder.start()
    try:
        yield feeder
    finally:
        feeder.close()
        feeder.join(SECONDS)
        assert list(channel.parent.iterdir()) == []


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert condition()


@pytest.fixture
def channel(tmp_path: Path) -> Path:
    return tmp_path / "data" / "train"


def test_each_pass_is_a_fifo_of_its_own_and_the_next_is_there_at_its_end(channel: Path) -> None:
    with feeding(channel) as feeder:
        for number in range(3):
            assert list(read_records(feeder.fifo(number).read_bytes())) == IN_ORDER
            assert feeder.fifo(number + 1).is_fifo()


def test_a_job_that_goes_on_after_two_epochs_gets_the_order_of_the_third(tmp_path: Path) -> None:
    def nth_pass(epochs: int, number: int) -> list[bytes]:
        channel = tmp_path / str(epochs) / "train"
        feeder = PipeFeeder(channel, SAMPLES, name_of, 7, epochs)
        feeder.start()
        passes = [list(read_records(feeder.fifo(each).read_bytes())) for each in range(number + 1)]
        feeder.close()
        feeder.join(SECONDS)
        return passes[-1]

    resumed = nth_pass(epochs=2, number=0)
    assert resumed == nth_pass(epochs=0, number=2)
    assert resumed != IN_ORDER


def test_a_reader_that_leaves_a_pass_early_gets_the_next_one_whole(channel: Path) -> None:
    large: dict[Content, bytes] = {}
    with feeding(channel, lambda content: large.setdefault(content, bytes(100_000))) as feeder:
        with feeder.fifo(0).open("rb") as pipe:
            assert len(pipe.read(8)) == 8
        assert len(list(read_records(feeder.fifo(1).read_bytes()))) == 80


def test_no_more_is_read_ahead_than_the_bound(channel: Path) -> None:
    seen = []

    def read(content: Content) -> bytes:
        seen.append(content)
        return bytes(200_000)

    with feeding(channel, read) as feeder, feeder.fifo(0).open("rb") as pipe:
        pipe.read(1)
        time.sleep(0.3)
        assert 2 <= len(seen) <= 2 * (AHEAD + 1)  # one more is being written


def test_nothing_is_read_before_somebody_listens(channel: Path) -> None:
    seen: list[Content] = []

    def read(content: Content) -> bytes:
        seen.append(content)
        return b""

    with feeding(channel, read):
        time.sleep(0.2)
        assert seen == []


def test_a_part_that_cannot_be_read_is_told_and_does_not_end_the_pass(channel: Path) -> None:
    def read(content: Content) -> bytes:
        if content == SAMPLES[3][1]:
            raise UserError("could not read 3.png")
        return name_of(content)

    received: list[bytes] = []
    with feeding(channel, read) as feeder:
        descriptor = os.open(feeder.fifo(0), os.O_RDONLY)
        reader = threading.Thread(target=lambda: received.extend(iter(lambda: os.read(descriptor, 4096), b"")))
        reader.start()
        wait_until(lambda: feeder.failure is not None)
        assert feeder.failure == "could not read 3.png"
        reader.join(0.2)
        assert reader.is_alive()  # the FIFO has no end yet
        feeder.close()
        reader.join(SECONDS)
    assert list(read_records(b"".join(received))) == IN_ORDER[:6]
    os.close(descriptor)


def test_a_feeder_is_closed_though_its_reader_takes_nothing(channel: Path) -> None:
    with feeding(channel, lambda content: bytes(1_000_000)) as feeder:
        descriptor = os.open(feeder.fifo(0), os.O_RDONLY)
        time.sleep(0.1)
        feeder.close()
        feeder.join(SECONDS)
        assert not feeder.fifo(0).exists()
    os.close(descriptor)


def remove_the_first_fifo(feeder: PipeFeeder, channel: Path) -> None:
    feeder.fifo(0).unlink()


def remove_the_folder(feeder: PipeFeeder, channel: Path) -> None:
    channel.parent.rename(channel.parent.with_name("removed"))  # at once, with whatever FIFOs there are by now


@pytest.mark.parametrize("happens", [remove_the_first_fifo, remove_the_folder])
def test_a_fifo_that_cannot_be_opened_or_made_is_told(
    channel: Path, happens: Callable[[PipeFeeder, Path], None]
) -> None:
    feeder = PipeFeeder(channel, SAMPLES, name_of)
    feeder.start()
    happens(feeder, channel)
    wait_until(lambda: feeder.failure is not None)
    assert feeder.failure is not None
    assert feeder.failure.startswith("channel train could not be streamed to ")
    assert f"{channel}_0: [Errno 2] No such file or directory" in feeder.failure
    feeder.close()
    feeder.join(SECONDS)


def test_a_feeder_that_was_never_started_has_nothing_to_wait_for(tmp_path: Path) -> None:
    feeder = PipeFeeder(tmp_path / "train", SAMPLES, name_of)
    feeder.close()
    feeder.join(SECONDS)
    assert list(tmp_path.iterdir()) == []
