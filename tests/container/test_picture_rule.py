"""One rule for reading pictures: in training, and in what is made of the model."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from semseg.container.data_check import checked_splits
from semseg.container.job import write_hyperparams
from semseg.container.loading import picture_reading
from semseg.container.picture_rule import settled
from semseg.container.splits import Split, open_splits
from semseg.contract.channels import FAST_FILE, FILE
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.data.pictures.image_files import decode_image, picture_size
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.engines.group import ALONE, Group
from semseg.errors import ChannelError, HyperparameterError
from semseg.training.job_log import JobLog
from tests.container.data_jobs import field_input, job_directory
from tests.data.picture_makers import deep_png, encoded, exif
from tests.engines.group_of_threads import in_threads


def given(**strings: str) -> Hyperparameters:
    return Hyperparameters.from_strings({"num_classes": "3", "num_training_samples": "4", **strings})


def written(place: Path, image: bytes, size: tuple[int, int], suffix: str = ".png") -> JobDirectory:
    """A job on one sample in each half; its mask has this width and height, and two classes."""
    directory = job_directory(place)
    mask = Image.fromarray(np.arange(size[0] * size[1], dtype=np.uint8).reshape(size[::-1]) % 2)
    for half in ("train", "validation"):
        for folder, name, content in ((half, f"a{suffix}", image), (f"{half}_annotation", "a.png", encoded(mask))):
            directory.channel(folder).mkdir(parents=True)
            (directory.channel(folder) / name).write_bytes(content)
    return directory


def checked(directory: JobDirectory, hyperparameters: Hyperparameters) -> tuple[tuple[Split, Split], Hyperparameters]:
    """The halves after the check of their data, and the hyperparameters that the model gets."""
    log = JobLog(io.StringIO())
    splits = open_splits(directory, hyperparameters.num_classes, lambda: None, log)
    return checked_splits(splits, directory, hyperparameters, 0, log, ALONE, 1, None)


def read(splits: tuple[Split, Split]) -> list[tuple[Path, np.ndarray, np.ndarray]]:
    """The path, the pixels and the mask of each sample."""
    found: list[Any] = []
    for split in splits:
        assert isinstance(split.dataset, Dataset)
        samples = zip(split.dataset.samples, split.dataset.one_pass())
        found += [(sample.image, *split.dataset.read(place)) for sample, place in samples]
    return found


def test_pictures_that_lie_sideways_fit_their_masks_once_they_are_turned(tmp_path: Path) -> None:
    directory = field_input("exif-sideways", tmp_path)
    splits, _ = checked(directory, given(exif_orientation="apply"))
    for path, image, mask in read(splits):
        with Image.open(path) as stored:
            assert (stored.size, stored.getexif()[274]) == ((72, 96), 6)
            assert np.array_equal(image, np.array(ImageOps.exif_transpose(stored)))
        assert image.shape[:2] == mask.shape == (72, 96)
    with pytest.raises(ChannelError, match="carry EXIF orientation 6"):
        checked(directory, given())


@pytest.mark.parametrize("orientation", [5, 8])
def test_so_do_others(tmp_path: Path, orientation: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    image = encoded(Image.fromarray(pixels), "TIFF", tiffinfo={274: orientation})
    directory = written(tmp_path, image, (40, 30), ".tif")
    for _, turned, mask in read(checked(directory, given(exif_orientation="apply"))[0]):
        assert (turned.shape, mask.shape) == ((30, 40, 3), (30, 40))
    with pytest.raises(ChannelError, match=f"carries EXIF orientation {orientation}"):
        checked(directory, given())


def test_masks_of_pictures_as_stored_do_not_fit_turned_ones(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    directory = written(tmp_path, encoded(Image.fromarray(pixels), exif=exif(6)), (30, 40))
    checked(directory, given())
    with pytest.raises(ChannelError, match="set exif_orientation to ignore"):
        checked(directory, given(exif_orientation="apply"))


def test_pictures_of_twelve_bits_keep_the_highest_eight_of_them(tmp_path: Path) -> None:
    directory = field_input("twelve-bit-pictures", tmp_path)
    splits, hyperparameters = checked(directory, given())
    assert hyperparameters.sample_bits == "12"
    for path, image, _ in read(splits):
        with Image.open(path) as stored:
            samples = np.asarray(stored)
        assert (255 < samples.max() < 4096, image.max() > 200) == (True, True)
        assert np.array_equal(image[:, :, 0], samples // 16)
    splits, hyperparameters = checked(directory, given(sample_bits="16"))
    assert hyperparameters.sample_bits == "16"
    assert max(image.max() for _, image, _ in read(splits)) <= 15


@pytest.mark.parametrize("bits", [10, 14])
def test_so_do_pictures_of_other_bits(tmp_path: Path, bits: int) -> None:
    samples = np.random.default_rng(bits).integers(0, 2**bits, (20, 30, 3), np.uint16)
    splits, hyperparameters = checked(written(tmp_path, deep_png(samples), (30, 20)), given())
    assert hyperparameters.sample_bits == str(bits)
    for _, image, _ in read(splits):
        assert np.array_equal(image, samples // 2 ** (bits - 8))


def test_pictures_that_are_not_looked_at_before_training_use_all_bits(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 2**12, (20, 30, 3), np.uint16)
    directory = written(tmp_path, deep_png(samples), (30, 20))
    modes = {"train": FAST_FILE, "train_annotation": FAST_FILE, "validation": FILE, "validation_annotation": FILE}
    configuration = {name: {"TrainingInputMode": mode} for name, mode in modes.items()}
    directory.input_data_config.write_text(json.dumps(configuration))
    splits, hyperparameters = checked(directory, given())
    assert hyperparameters.sample_bits == "16"
    assert [image.max() for _, image, _ in read(splits)] == [15, 15]


def test_all_processes_of_a_job_read_alike(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 2**12, (20, 30, 3), np.uint16)
    directory = written(tmp_path / "job", deep_png(samples), (30, 20))

    def bits(group: Group) -> None:
        log = JobLog(io.StringIO())
        results = JobDirectory(tmp_path / "results" / str(group.rank))
        results.output_data.mkdir(parents=True)
        splits = open_splits(directory, 3, lambda: None, log, group.size)
        splits, hyperparameters = checked_splits(splits, results, given(), 0, log, group, 2, None)
        assert hyperparameters.sample_bits == "12"
        assert [split.dataset.reading.sample_bits for split in splits] == [12, 12]

    assert in_threads(2, bits) == [None, None]


def test_the_rule_goes_into_the_model_and_its_server_reads_likewise(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 2**12, (20, 30, 3), np.uint16)
    body = deep_png(samples)
    picture = body[:33] + exif_chunk(6) + body[33:]
    directory = written(tmp_path, picture, (20, 30))
    splits, hyperparameters = checked(directory, given(exif_orientation="apply"))
    image = read(splits)[0][1]
    write_hyperparams(directory, hyperparameters)
    reading = picture_reading(directory.model)
    assert reading == PictureReading(is_turned=True, sample_bits=12)
    assert np.array_equal(decode_image(picture, reading=reading), image)
    assert picture_size(picture, reading=reading) == (30, 20)
    assert json.loads((directory.model / "hyperparams.json").read_text())["sample_bits"] == "12"


def exif_chunk(orientation: int) -> bytes:
    file = encoded(Image.new("L", (1, 1)), exif=exif(orientation))
    at = file.index(b"eXIf")
    return file[at - 4 : at + 8 + int.from_bytes(file[at - 4 : at], "big")]


def test_a_model_that_says_nothing_reads_pixels_as_they_are_stored(tmp_path: Path) -> None:
    (tmp_path / "hyperparams.json").write_text('{"num_classes": "2"}')
    assert picture_reading(tmp_path) == AS_STORED
    (tmp_path / "hyperparams.json").write_text('{"num_classes": "2", "sample_bits": "auto"}')
    assert picture_reading(tmp_path) == AS_STORED


def test_what_the_job_says_goes_before_what_its_pictures_use() -> None:
    assert settled(given(), 14).sample_bits == "14"
    assert settled(given(sample_bits="10"), 14).sample_bits == "10"


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("exif_orientation", "turn", "one of ignore, apply"),
        ("sample_bits", "7", "one of auto, 8, 9, 10, 11, 12, 13, 14, 15, 16"),
    ],
)
def test_other_values_are_refused(name: str, value: str, rule: str) -> None:
    with pytest.raises(HyperparameterError, match=rf"^{name} must be {rule}, got '{value}'$"):
        given(**{name: value})
