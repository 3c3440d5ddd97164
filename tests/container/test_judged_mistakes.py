"""The page of mistakes says what is said of all files of a channel together."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from semseg.contract.findings import NOTED
from semseg.contract.job_directory import JobDirectory
from semseg.errors import ChannelError
from tests.container.data_jobs import checked, good_job, report_of
from tests.endtoend import ROOT

PAGE = ROOT / "docs" / "data-mistakes.md"
ORIENTATION = 0x0112  # the EXIF tag

Settings = dict[str, Any]  # hyperparameters


def masks_of(directory: JobDirectory) -> list[Path]:
    return sorted(
        path for half in ("train", "validation") for path in directory.channel(f"{half}_annotation").iterdir()
    )


def images_of(directory: JobDirectory) -> list[Path]:
    return sorted(path for half in ("train", "validation") for path in directory.channel(half).iterdir())


def paint(directory: JobDirectory, *values: int, **settings: Any) -> Settings:
    """Masks of 24 pixels that hold each value equally often."""
    for path in masks_of(directory):
        Image.fromarray(np.resize(np.array(values, np.uint8), (4, 6))).save(path)
    return settings


def give_label_map(directory: JobDirectory, text: str) -> None:
    directory.channel("label_map").mkdir()
    for half in ("train", "validation"):
        (directory.channel("label_map") / f"{half}_label_map.json").write_text(text)


def turn_label_map_round(directory: JobDirectory) -> Settings:
    give_label_map(directory, '{"map": {"0": 0, "255": 1}}')
    return paint(directory, 0, 255)


def forget_a_value(directory: JobDirectory) -> Settings:
    give_label_map(directory, '{"map": {"0": 0, "1": 7}}')
    return paint(directory, 0, 0, 7, 7, 7, 9)


def smooth(directory: JobDirectory) -> Settings:
    square = np.zeros((24, 24), np.uint8)
    square[6:18, 6:18] = 255
    for image, mask in zip(images_of(directory), masks_of(directory)):
        Image.fromarray(square).resize((50, 50), Image.Resampling.BICUBIC).save(mask)
        with Image.open(image) as picture:
            picture.resize((50, 50)).save(image)
    return {}


def ignore_masks(directory: JobDirectory) -> Settings:
    for number in (1, 2):
        Image.new("L", (6, 4), 255).save(directory.channel("train_annotation") / f"{number}.png")
    return {}


def carry(directory: JobDirectory, orientation: int, turned: bool) -> Settings:
    for path in images_of(directory):
        with Image.open(path) as picture:
            tags = picture.getexif()
            tags[ORIENTATION] = orientation
            (picture.transpose(Image.Transpose.ROTATE_90) if turned else picture).save(path, exif=tags)
    return {}


def leave_a_class_out(directory: JobDirectory, half: str) -> Settings:
    paint(directory, 0, 1, 2)
    for path in directory.channel(f"{half}_annotation").iterdir():
        Image.fromarray(np.resize(np.array([0, 1], np.uint8), (4, 6))).save(path)
    return {"num_classes": 3}


def copy_to_validation(directory: JobDirectory) -> Settings:
    shutil.copy(directory.channel("train") / "3.jpg", directory.channel("validation") / "0.jpg")
    return {}


def copy_with_another_mask(directory: JobDirectory) -> Settings:
    shutil.copy(directory.channel("train") / "3.jpg", directory.channel("train") / "5.jpg")
    Image.fromarray(np.resize(np.array([0, 0, 1], np.uint8), (4, 6))).save(
        directory.channel("train_annotation") / "5.png"
    )
    return {}


def mix_palettes(directory: JobDirectory) -> Settings:
    for number, path in enumerate(masks_of(directory)):
        with Image.open(path) as grey:
            indices = Image.fromarray(np.array(grey))
        indices.putpalette([0, 0, 0, *((44, 160, 44) if number % 2 else (31, 119, 180))])
        indices.save(path)
    return {}


def save_with_16_bits(directory: JobDirectory, *highest: int) -> Settings:
    for number, path in enumerate(images_of(directory)):
        value = highest[number % len(highest)]
        if value:
            path.unlink()
            samples = np.full((4, 6), value, np.uint16)
            samples[0, 0] = number
            Image.fromarray(samples).save(path.with_suffix(".png"))
    return {}


MISTAKES: dict[str, Callable[[JobDirectory], Settings]] = {
    "black-and-white masks, without a label map": lambda job: paint(job, 0, 0, 0, 255),
    "a label map in the wrong direction": turn_label_map_round,
    "masks of one class alone": lambda job: paint(job, 0),
    "a value that means void, without a label map": lambda job: paint(job, *[0, 1] * 10, 2, 0, 1, 0),
    "`num_classes` is too small": lambda job: paint(job, 0, 1, 2),
    "class ids that begin at 1": lambda job: paint(job, 1, 2, 3, num_classes=3),
    "class ids times a factor": lambda job: paint(job, 0, 2, 4, num_classes=3),
    "a value that the label map leaves out": forget_a_value,
    "masks that were scaled like photographs, or saved as JPEG": smooth,
    "masks that are void in every pixel": ignore_masks,
    "most pixels are void": lambda job: paint(job, 0, 1, 255, 255, 255, 255),
    "a class that training masks do not hold": lambda job: leave_a_class_out(job, "train"),
    "a class that validation masks do not hold": lambda job: leave_a_class_out(job, "validation"),
    "a value 255 that should be a class": lambda job: paint(job, 0, 0, 1, 255, num_classes=3),
    "pictures stored sideways, masks painted upright": lambda job: carry(job, 6, turned=True),
    "pictures that a viewer turns, where sizes tell nothing": lambda job: carry(job, 3, turned=False),
    "the same picture in training and validation": copy_to_validation,
    "the same picture twice, with different masks": copy_with_another_mask,
    "palettes that disagree": mix_palettes,
    "pictures of 12 bits in 16-bit files": lambda job: save_with_16_bits(job, 4095),
    "some 16-bit pictures are far darker than others": lambda job: save_with_16_bits(job, 65535, 4095),
    "pictures of 16 bits beside such of 8": lambda job: save_with_16_bits(job, 65535, 0),
    "one sample for a device, with psp or deeplab": lambda job: {"algorithm": "psp", "mini_batch_size": 1},
}


def said_of(mistake: str, root: Path) -> list[str]:
    """The sentences that refuse a job with this mistake or warn of it."""
    directory = good_job(root, train=6)
    settings = MISTAKES[mistake](directory)
    with contextlib.suppress(ChannelError):
        checked(directory, **{"num_training_samples": 6, **settings})
    return [finding["sentence"] for finding in report_of(directory)["findings"] if finding["level"] != NOTED]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_page_of_mistakes_has_what_is_said_of_all_files_together(tmp_path: Path, mistake: str) -> None:
    said = said_of(mistake, tmp_path)
    assert said
    for sentence in said:
        assert f"| {mistake} | {sentence} |" in PAGE.read_text()
