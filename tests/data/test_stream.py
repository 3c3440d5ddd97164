from __future__ import annotations

import io
import os
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.contract.recordio import MAGIC_BYTES, read_stream, write_record
from semseg.data.fifo import Fifo
from semseg.data.labels.label_map import LabelMap
from semseg.data.stream import Stream
from semseg.errors import ChannelError, UserError


def go_on() -> None:
    """Nobody asks to stop."""


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


IMAGE = png(np.zeros((4, 6, 3), np.uint8))


def mask(value: int) -> bytes:
    return png(np.full((4, 6), value, np.uint8))


def records(*payloads: bytes) -> bytes:
    return b"".join(write_record(payload) for payload in payloads)


def stream(folder: Path, *channels: str) -> Stream:
    return Stream(folder, channels or ["train"], LabelMap.identity(), 3, go_on)


def refusal_of(work: Callable[[], object]) -> str:
    with pytest.raises(ChannelError) as refusal:
        work()
    return str(refusal.value)


@pytest.mark.parametrize("payloads", [[], [b""], [b"abc", b"d" * 70_000], [MAGIC_BYTES * 3, b"x"]])
def test_what_is_written_as_records_is_read_from_a_stream(payloads: list[bytes]) -> None:
    assert list(read_stream(io.BytesIO(records(*payloads)).read)) == payloads


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (write_record(b"abcdefgh")[:-1], "cut off after 7 of a part's 8 bytes"),
        (write_record(b"abc")[:5], "cut off within a header"),
        (b"no records", "must have 0xced7230a before each record, got 0x"),
        (write_record(MAGIC_BYTES)[:8], "must end with the last part of its record"),
        (struct.pack("<4sI", MAGIC_BYTES, 3 << 29), "parts in order, got cflag 3"),
        (struct.pack("<4sI", MAGIC_BYTES, 101), "must be at most 100 bytes, got 101"),
        (struct.pack("<4sI", MAGIC_BYTES, 1 << 29) + struct.pack("<4sI", MAGIC_BYTES, 2 << 29) * 30, "at most 100"),
    ],
)
def test_a_stream_that_is_no_recordio_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        list(read_stream(io.BytesIO(data).read, most=100))


def test_a_record_of_more_than_a_quarter_of_a_gigabyte_is_refused_by_its_header() -> None:
    with pytest.raises(UserError, match="must be at most 268435456 bytes, got 268435457"):
        list(read_stream(io.BytesIO(struct.pack("<4sI", MAGIC_BYTES, 2**28 + 1)).read))


def test_a_record_of_as_many_bytes_as_are_allowed_is_read() -> None:
    assert list(read_stream(io.BytesIO(write_record(b"x" * 100)).read, most=100)) == [b"x" * 100]


def test_images_and_masks_alternate_and_passes_are_counted(tmp_path: Path) -> None:
    (tmp_path / "train_0").write_bytes(records(IMAGE, mask(1), IMAGE, mask(2)))
    (tmp_path / "train_1").write_bytes(records(IMAGE, mask(0)))
    samples = stream(tmp_path)
    first, second = ([int(samples.read(one)[1][0, 0]) for one in samples.one_pass()] for _ in range(2))
    assert (first, second) == ([1, 2], [0])


def test_two_channels_are_read_side_by_side(tmp_path: Path) -> None:
    (tmp_path / "train_0").write_bytes(records(IMAGE, IMAGE))
    (tmp_path / "train_annotation_0").write_bytes(records(mask(1), mask(2)))
    samples = stream(tmp_path, "train", "train_annotation")
    assert [int(samples.read(one)[1][0, 0]) for one in samples.one_pass()] == [1, 2]


def test_an_image_without_mask_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train_0").write_bytes(records(IMAGE, mask(1), IMAGE))
    assert refusal_of(lambda: list(stream(tmp_path).one_pass())) == (
        "pass 0 of channel train must alternate between images and masks, but after 1 sample the last image has no mask"
    )


def test_channels_of_different_lengths_are_refused(tmp_path: Path) -> None:
    (tmp_path / "train_0").write_bytes(records(IMAGE))
    (tmp_path / "train_annotation_0").write_bytes(records(mask(1), mask(2)))
    assert refusal_of(lambda: list(stream(tmp_path, "train", "train_annotation").one_pass())) == (
        "pass 0 of channels train and train_annotation must hold as many masks as images, "
        "but one of them ends after 1 record"
    )


def test_a_class_that_is_none_is_named_with_its_record(tmp_path: Path) -> None:
    (tmp_path / "train_0").write_bytes(records(IMAGE, mask(1), IMAGE, mask(7)))
    samples = stream(tmp_path)
    _, bad = samples.one_pass()
    assert "record 3 of pass 0 of channel train holds pixel value 7 in 24 pixels" in refusal_of(
        lambda: samples.read(bad)
    )


def test_a_truncated_stream_is_named_with_its_record(tmp_path: Path) -> None:
    (tmp_path / "train_0").write_bytes(records(IMAGE, mask(1))[:-4])
    assert refusal_of(lambda: list(stream(tmp_path).one_pass())).startswith(
        "record 1 of pass 0 of channel train: a RecordIO stream must be whole"
    )


def test_an_empty_pass_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train_0").touch()
    sentence = refusal_of(lambda: list(stream(tmp_path).one_pass()))
    assert sentence == "pass 0 of channel train must hold samples, got none"


def test_a_fifo_may_appear_late_and_its_bytes_slowly(tmp_path: Path) -> None:
    path = tmp_path / "train_0"
    late = threading.Event()

    def write() -> None:
        late.wait()
        os.mkfifo(path)
        with path.open("wb", buffering=0) as pipe:
            for part in (b"ab", b"cde", b"f"):
                pipe.write(part)

    def look() -> None:
        late.set()

    writer = threading.Thread(target=write)
    writer.start()
    fifo = Fifo(path, look)
    assert (fifo.read(4), fifo.read(4), fifo.read(4)) == (b"abcd", b"ef", b"")
    fifo.close()
    writer.join()


def test_a_fifo_that_never_appears_is_a_sentence(tmp_path: Path) -> None:
    assert refusal_of(lambda: Fifo(tmp_path / "train_0", go_on, appears_within=0.0)) == (
        f"{tmp_path}/train_0 must be a FIFO with the data of a channel in Pipe mode, but nobody made it "
        "within 0 seconds"
    )


def test_a_wish_to_stop_ends_the_waiting_for_a_writer(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop() -> None:
        raise Stopped

    os.mkfifo(tmp_path / "train_0")
    fifo = Fifo(tmp_path / "train_0", stop)
    with pytest.raises(Stopped):
        fifo.read(1)
    fifo.close()


def test_where_poll_does_not_wait_for_a_writer_the_first_byte_is_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "train_0"
    os.mkfifo(path)
    looks: list[int] = []
    second = threading.Event()

    def look() -> None:
        looks.append(len(looks))
        if len(looks) == 2:
            second.set()

    def write() -> None:
        second.wait()
        with path.open("wb", buffering=0) as pipe:
            pipe.write(b"abc")

    fifo = Fifo(path, look, poll_waits_for_writer=False)
    path.open("wb").close()  # from here on poll(2) is as ready as macOS has it before the first writer
    writer = threading.Thread(target=write)
    writer.start()
    assert (fifo.read(2), fifo.read(2), fifo.read(2)) == (b"ab", b"c", b"")
    fifo.close()
    writer.join()
    assert len(looks) >= 2


def test_a_writer_that_has_not_written_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "train_0"
    os.mkfifo(path)
    asked = threading.Event()
    fifo = Fifo(path, asked.set, poll_waits_for_writer=False)
    with path.open("wb", buffering=0) as pipe:
        writer = threading.Thread(target=lambda: asked.wait() and pipe.write(b"a"))
        writer.start()
        assert fifo.read(1) == b"a"
        writer.join()
    assert fifo.read(1) == b""
    fifo.close()


def test_a_stream_is_looked_at_in_the_first_pass_that_is_read_as_a_whole(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"train_{number}").write_bytes(records(IMAGE, mask(1), IMAGE, mask(2)))
    samples = stream(tmp_path)
    [_, second] = samples.one_pass()  # as a job that goes on after the first one
    samples.read(second)
    assert not samples.was_read
    for _ in range(2):
        for sample in samples.one_pass():
            samples.read(sample)
        assert samples.was_read
        # 4 x 6 pixels of each
        assert samples.look.values.counts[:3].tolist() == [0, 24, 24]
    assert samples.look.pictures.repeated.count == 1


def test_a_sample_of_a_stream_that_cannot_be_used_is_no_part_of_what_is_judged(tmp_path: Path) -> None:
    (tmp_path / "train_0").write_bytes(records(IMAGE, mask(1), IMAGE, mask(7)))
    samples = stream(tmp_path)
    good, bad = samples.one_pass()
    samples.read(good)
    refusal_of(lambda: samples.read(bad))
    assert samples.was_read
    assert samples.look.values.counts[7] == 0
