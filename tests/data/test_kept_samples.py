"""Decoded samples that are kept in memory: what is given back, and when a file is read again."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.data.dataset import Dataset, UncheckedDataset
from semseg.data.file_check import ReadFacts
from semseg.data.kept_samples import KeptSamples, packed, unpacked
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.data.samples import Sample
from semseg.errors import ChannelError
from semseg.plumbing.kept_arrays import new_arrays

pytestmark = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="memory without a name is Linux's")

MAP = LabelMap.from_json('{"map": {"0": 0, "1": 5}}')


def write(folder: Path, number: int, red: int = 1) -> Sample:
    """30 x 20 pixels: 1800 bytes of image, 600 of mask, which are some 40 packed."""
    image, mask = folder / f"{number}.png", folder / f"m{number}.png"
    Image.new("RGB", (30, 20), (red, number, 3)).save(image)
    Image.fromarray(np.tile(np.array([[0, 5, 255], [5, 5, 0]], np.uint8), (10, 10))).save(mask)
    return Sample(image, mask, str(number))


def keeping(samples: list[Sample], room: int = 100_000, kind: type[Dataset] = Dataset) -> Dataset:
    dataset = kind(samples, MAP, 2, "train")
    dataset.kept = KeptSamples(new_arrays(2 * len(samples), room), MAP, 2)
    return dataset


def check(dataset: Dataset) -> None:
    """Reads every file as the check before training does."""
    facts = ReadFacts(kept=dataset.kept)
    for sample in dataset.samples:
        facts.image(sample.image, "an image")
        facts.mask(sample.mask, "a mask", None)


def kept_in(dataset: Dataset) -> int:
    assert dataset.kept is not None
    return dataset.kept.whole


def overwrite_unseen(file: Path, content: bytes) -> None:
    """Writes other bytes, as many, at the same time: whoever looks at the file's state sees nothing."""
    state = file.stat()
    file.write_bytes(content[: state.st_size].ljust(state.st_size, b"\0"))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))


def test_the_check_keeps_what_it_reads_and_no_file_is_opened_again(tmp_path: Path) -> None:
    dataset = keeping([write(tmp_path, 0), write(tmp_path, 1)])
    expected = [Dataset(dataset.samples, MAP, 2, "train").read(place) for place in (0, 1)]
    check(dataset)
    assert kept_in(dataset) == 2
    for file in tmp_path.iterdir():
        overwrite_unseen(file, b"no picture")
    for place in (0, 1):
        for found, meant in zip(dataset.read(place), expected[place]):
            np.testing.assert_array_equal(found, meant)


def test_without_a_check_a_sample_is_kept_when_it_is_first_read(tmp_path: Path) -> None:
    dataset = keeping([write(tmp_path, 0)])
    assert kept_in(dataset) == 0
    first = dataset.read(0)
    assert kept_in(dataset) == 1
    for one, other in zip(first, dataset.read(0)):
        np.testing.assert_array_equal(one, other)


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    dataset = keeping([write(tmp_path, 0)])
    check(dataset)
    write(tmp_path, 0, red=99)
    os.utime(tmp_path / "0.png", ns=(1, 1))
    assert dataset.read(0)[0][0, 0].tolist() == [99, 0, 3]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (Path.unlink, "cannot be read: No such file or directory"),
        (lambda mask: mask.write_bytes(b"no picture"), "is no picture that can be read"),
    ],
)
def test_a_kept_sample_whose_file_is_spoiled_is_named_as_if_it_were_not_kept(
    tmp_path: Path, change: Callable[[Path], object], problem: str
) -> None:
    dataset = keeping([write(tmp_path, 0)])
    check(dataset)
    change(tmp_path / "m0.png")
    with pytest.raises(ChannelError, match=problem):
        dataset.read(0)


@pytest.mark.parametrize(
    ("room", "whole", "alone"),
    [
        pytest.param(8300, 3, 0, id="room for all, and an eighth"),
        pytest.param(5600, 2, 1, id="room for two and packed masks"),
        pytest.param(300, 0, 3, id="room for packed masks"),
        pytest.param(5, 0, 0, id="no room"),
    ],
)
def test_what_has_no_room_is_read_each_time_and_is_the_same(tmp_path: Path, room: int, whole: int, alone: int) -> None:
    samples = [write(tmp_path, number) for number in range(3)]
    dataset, plain = keeping(samples, room), Dataset(samples, MAP, 2, "train")
    check(dataset)
    assert dataset.kept is not None
    assert (dataset.kept.whole, dataset.kept.masks_alone) == (whole, alone)
    for _ in range(2):
        for place in range(3):
            for found, meant in zip(dataset.read(place), plain.read(place)):
                np.testing.assert_array_equal(found, meant)


def test_a_mask_kept_alone_is_not_read_again_and_its_image_is(tmp_path: Path) -> None:
    dataset = keeping([write(tmp_path, 0)], room=300)
    check(dataset)
    overwrite_unseen(tmp_path / "m0.png", b"no picture")
    image, mask = dataset.read(0)
    assert mask[:2, :3].tolist() == [[0, 1, 255], [1, 1, 0]]
    assert image[0, 0].tolist() == [1, 0, 3]
    Image.new("RGB", (31, 20)).save(tmp_path / "0.png")
    with pytest.raises(ChannelError, match="must stay as they are until the job has ended"):
        dataset.read(0)


def test_a_packed_mask_is_unpacked_to_the_bit() -> None:
    mask = np.random.default_rng(0).integers(0, 256, (7, 5), np.uint8)
    for each in (mask, mask[::2, 1:3], np.zeros((1, 1), np.uint8)):
        np.testing.assert_array_equal(unpacked(packed(each)), each)


def test_a_mask_that_the_check_refuses_is_not_kept(tmp_path: Path) -> None:
    sample = write(tmp_path, 0)
    Image.fromarray(np.full((20, 30), 9, np.uint8)).save(tmp_path / "m0.png")
    dataset = keeping([sample])
    check(dataset)
    assert dataset.kept is not None
    assert dataset.kept.get(sample, dataset.kept.seen(sample), AS_STORED)[1] is None


def test_an_image_that_the_check_read_otherwise_is_not_taken_for_it(tmp_path: Path) -> None:
    sample = write(tmp_path, 0)
    dataset = keeping([sample])
    assert dataset.kept is not None
    turned = PictureReading(is_turned=True)
    ReadFacts(turned, dataset.kept).image(sample.image, "an image")
    assert dataset.kept.get(sample, dataset.kept.seen(sample), AS_STORED) == (None, None)
    assert dataset.kept.get(sample, dataset.kept.seen(sample), turned)[0] is not None


def test_16_bit_images_are_kept_when_training_reads_them_for_the_check_has_to_say_first_how(tmp_path: Path) -> None:
    sample = write(tmp_path, 0)
    Image.fromarray(np.full((20, 30), 0x0FFF, np.uint16)).save(tmp_path / "0.png")
    dataset = keeping([sample])
    check(dataset)
    assert kept_in(dataset) == 0
    dataset.reading = PictureReading(sample_bits=12)
    for _ in range(2):
        assert dataset.read(0)[0][0, 0].tolist() == [255, 255, 255]
    assert kept_in(dataset) == 1


def test_unchecked_samples_are_counted_once_and_then_given_from_memory(tmp_path: Path) -> None:
    dataset = keeping([write(tmp_path, 0)], kind=UncheckedDataset)
    assert isinstance(dataset, UncheckedDataset)
    image, mask = dataset.read(0)
    assert dataset.was_read
    assert dataset.look.samples == 1
    overwrite_unseen(tmp_path / "0.png", b"no picture")
    for one, other in zip(dataset.read(0), (image, mask)):
        np.testing.assert_array_equal(one, other)
    assert dataset.look.samples == 1


def test_nobody_can_write_into_what_is_kept(tmp_path: Path) -> None:
    dataset = keeping([write(tmp_path, 0)])
    check(dataset)
    for array in dataset.read(0):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
