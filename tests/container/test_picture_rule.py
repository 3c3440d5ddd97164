"""One rule for reading pictures: in training, and in what is made of the model."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from semseg.container.job import write_hyperparams
from semseg.container.loading import picture_reading
from semseg.container.picture_rule import give_rule, settled
from semseg.container.splits import Split, open_splits
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.data.image_files import decode_image, picture_size
from semseg.data.picture_reading import AS_STORED, PictureReading
from semseg.errors import ChannelError, HyperparameterError
from semseg.training.job_log import JobLog
from tests.data.picture_makers import deep_png, encoded, exif

ROOT = Path(__file__).parents[2]
FIELD = Path(os.environ.get("SEMSEG_TEST_DATA", ROOT.parent / "shared" / "data")) / "field"
HALVES = ("train", "train_annotation", "validation", "validation_annotation")


def given(**strings: str) -> Hyperparameters:
    return Hyperparameters.from_strings({"num_classes": "3", "num_training_samples": "4", **strings})


def field(name: str, place: Path) -> JobDirectory:
    """A job on one of the folders of samples."""
    if not (FIELD / name).is_dir():
        pytest.skip(f"{FIELD / name} is not there: set SEMSEG_TEST_DATA to the folder that holds field")
    directory = JobDirectory(place)
    for half in HALVES:
        shutil.copytree(FIELD / name / half, directory.channel(half))
    return described(directory)


def written(place: Path, image: bytes, mask: Image.Image, suffix: str = ".png") -> JobDirectory:
    """A job on one sample in each half."""
    directory = JobDirectory(place)
    for half in HALVES:
        directory.channel(half).mkdir(parents=True)
        is_mask = half.endswith("_annotation")
        name = "a.png" if is_mask else f"a{suffix}"
        (directory.channel(half) / name).write_bytes(encoded(mask) if is_mask else image)
    return described(directory)


def described(directory: JobDirectory) -> JobDirectory:
    directory.input_data_config.parent.mkdir(parents=True, exist_ok=True)
    entry = {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}
    directory.input_data_config.write_text(json.dumps(dict.fromkeys(HALVES, entry)))
    return directory


def opened(directory: JobDirectory, hyperparameters: Hyperparameters) -> tuple[Split, Split]:
    splits = open_splits(directory, 3, lambda: None, JobLog())
    give_rule(splits, hyperparameters)
    return splits


def read(splits: tuple[Split, Split]) -> list[tuple[Path, np.ndarray, np.ndarray]]:
    """The path, the pixels and the mask of each sample."""
    found: list[Any] = []
    for split in splits:
        assert isinstance(split.dataset, Dataset)
        samples = zip(split.dataset.samples, split.dataset.one_pass())
        found += [(sample.image, *split.dataset.read(place)) for sample, place in samples]
    return found


def test_pictures_that_lie_sideways_fit_their_masks_once_they_are_turned(tmp_path: Path) -> None:
    directory = field("exif-sideways", tmp_path)
    for path, image, mask in read(opened(directory, given(exif_orientation="apply"))):
        with Image.open(path) as stored:
            assert (stored.size, stored.getexif()[274]) == ((72, 96), 6)
            assert np.array_equal(image, np.array(ImageOps.exif_transpose(stored)))
        assert image.shape[:2] == mask.shape == (72, 96)
    with pytest.raises(ChannelError, match="make them the same size"):
        read(opened(directory, given()))


@pytest.mark.parametrize("orientation", [5, 8])
def test_so_do_others(tmp_path: Path, orientation: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    image = encoded(Image.fromarray(pixels), "TIFF", tiffinfo={274: orientation})
    directory = written(tmp_path, image, Image.new("L", (40, 30), 1), ".tif")
    for _, turned, mask in read(opened(directory, given(exif_orientation="apply"))):
        assert (turned.shape, mask.shape) == ((30, 40, 3), (30, 40))
    with pytest.raises(ChannelError, match=r"is 40 x 30 pixels but its image train/a\.tif is 30 x 40"):
        read(opened(directory, given()))


def test_pictures_of_twelve_bits_keep_the_highest_eight_of_them(tmp_path: Path) -> None:
    directory = field("twelve-bit-pictures", tmp_path)
    for path, image, _ in read(opened(directory, given(sample_bits="12"))):
        with Image.open(path) as stored:
            samples = np.asarray(stored)
        assert (255 < samples.max() < 4096, image.max() > 200) == (True, True)
        assert np.array_equal(image[:, :, 0], samples // 16)
    for _, image, _ in read(opened(directory, given())):
        assert image.max() <= 15


@pytest.mark.parametrize("bits", [10, 14])
def test_so_do_pictures_of_other_bits(tmp_path: Path, bits: int) -> None:
    samples = np.random.default_rng(bits).integers(0, 2**bits, (20, 30, 3), np.uint16)
    directory = written(tmp_path, deep_png(samples), Image.new("L", (30, 20), 1))
    for _, image, _ in read(opened(directory, given(sample_bits=str(bits)))):
        assert np.array_equal(image, samples // 2 ** (bits - 8))


def test_the_rule_goes_into_the_model_and_its_server_reads_likewise(tmp_path: Path) -> None:
    samples = np.random.default_rng(0).integers(0, 2**12, (20, 30, 3), np.uint16)
    body = deep_png(samples)
    picture = body[:33] + exif_chunk(6) + body[33:]
    directory = written(tmp_path, picture, Image.new("L", (20, 30), 1))
    hyperparameters = settled(given(exif_orientation="apply"), 12)
    image = read(opened(directory, hyperparameters))[0][1]
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
