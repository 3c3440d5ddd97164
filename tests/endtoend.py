"""Small drawn samples, and real jobs over them, for the tests of the whole."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import semseg
from semseg.local.training.folder import TrainingFolder

ROOT = Path(__file__).parents[1]
CHANNELS = ("train", "train_annotation", "validation", "validation_annotation")
RESULTS = [  # of a job, in its output/data
    *("confusion_matrix.png", "curves.png", "dataset.json", "evaluation.json", "metrics.csv", "per_picture.csv"),
    *("report.html", "worst.png"),
]
SIZES = ((40, 32), (48, 36), (36, 48))  # (width, height), taken in turn
SECONDS = 150  # a job or an endpoint that takes longer hangs

SMALL_JOB = {
    "num_classes": 3,
    "num_training_samples": 4,
    "use_pretrained_model": False,
    "base_size": 48,
    "crop_size": 24,
    "epochs": 2,
    "mini_batch_size": 2,
    "optimizer": "adam",
    "_logging_frequency": 1,
}


def draw_sample(seed: int, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """A grey picture with a red square, class 1, and a blue one, class 2; the mask's first row is ignored.

    Returns:
        image (height, width, 3) uint8 and mask (height, width) uint8.
    """
    rng = np.random.default_rng(seed)
    image = rng.integers(90, 130, (height, width, 3)).astype(np.uint8)
    mask = np.zeros((height, width), np.uint8)
    for class_id, colour in ((1, (220, 30, 30)), (2, (30, 30, 220))):
        top, left = int(rng.integers(1, height - 14)), int(rng.integers(0, width - 14))
        image[top : top + 14, left : left + 14] = colour
        mask[top : top + 14, left : left + 14] = class_id
    mask[0] = 255
    return image, mask


def write_samples(folder: Path, channel: str, count: int, seed: int) -> None:
    """``count`` samples into ``folder/<channel>`` and ``folder/<channel>_annotation``, of three sizes in turn."""
    images, masks = folder / channel, folder / f"{channel}_annotation"
    images.mkdir(parents=True)
    masks.mkdir(parents=True)
    for number in range(count):
        width, height = SIZES[number % len(SIZES)]
        image, mask = draw_sample(seed + number, width, height)
        Image.fromarray(image).save(images / f"square_{number}.jpg", quality=95)
        Image.fromarray(mask).save(masks / f"square_{number}.png")


def write_channels(folder: Path, train: int = 4, validation: int = 3) -> dict[str, str]:
    """The four channels of a job, as ``fit`` takes them."""
    write_samples(folder, "train", train, seed=10)
    write_samples(folder, "validation", validation, seed=20)
    return {channel: str(folder / channel) for channel in CHANNELS}


def small_estimator(hyperparameters: Mapping[str, Any] | None = None, **arguments: Any) -> semseg.Estimator:
    """An estimator whose jobs take seconds, and are ended where they hang."""
    return semseg.Estimator(
        instance_count=1,
        instance_type="local",
        max_run=SECONDS,
        hyperparameters={**SMALL_JOB, **(hyperparameters or {})},
        **arguments,
    )


def folder_of(estimator: semseg.Estimator) -> TrainingFolder:
    """What is kept of an estimator's latest job."""
    assert estimator.latest_training_job is not None
    return semseg.LocalSession().jobs.folder(estimator.latest_training_job.name)


def local_file(uri: str) -> Path:
    """The path in a file:// URI."""
    return Path(uri.removeprefix("file://"))


@contextmanager
def home_at(place: Path) -> Iterator[Path]:
    """Jobs and endpoints are kept below ``place``, which is removed at the end: parameters are large."""
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SEMSEG_HOME", str(place / "home"))
            yield place
    finally:
        shutil.rmtree(place)


def wait_for_text(file: Path, text: str) -> None:
    """Wait until a file that is being written holds this text."""
    deadline = time.monotonic() + SECONDS
    while not (file.exists() and text in file.read_text()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{text!r} never came: {file.read_text() if file.exists() else 'no file'}")
        time.sleep(0.05)


def python(*arguments: str) -> list[str]:
    """The command that runs this interpreter."""
    return [sys.executable, *arguments]
