"""A job's hyperparameters say how its training samples are cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.container.job_batches import training_batches
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.engines.group import ALONE
from semseg.training.job_log import JobLog

SMALL = {"num_classes": "3", "crop_size": "24", "base_size": "64", "mini_batch_size": "4"}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Four pictures of 64 x 64 pixels, of which four in a corner are of class 2."""
    samples = []
    for number in range(4):
        image, mask = tmp_path / f"{number}.jpg", tmp_path / f"{number}.png"
        classes = np.zeros((64, 64), np.uint8)
        classes[-2:, -2:] = 2
        Image.new("RGB", (64, 64), (number, 0, 0)).save(image)
        Image.fromarray(classes).save(mask)
        samples.append(Sample(image, mask, str(number)))
    return Dataset(samples, LabelMap.identity(), 3, "train")


def masks(dataset: Dataset, **hyperparameters: str) -> np.ndarray:
    """Returns the masks of five epochs."""
    read = Hyperparameters.from_strings({**SMALL, **hyperparameters})
    batches = training_batches(read, dataset, 0, JobLog(), ALONE, None)
    return np.concatenate([batch.masks for epoch in range(5) for batch in batches.epoch(epoch)])


def test_rare_class_crops_say_how_many_crops_show_a_rare_class(dataset: Dataset) -> None:
    def shown(share: str) -> int:
        return sum(2 in mask for mask in masks(dataset, rare_class_crops=share))

    assert shown("1") == 20
    assert shown("0") < shown("0.6") < 20


def test_the_augmentation_type_says_how_samples_are_changed(dataset: Dataset) -> None:
    scaled = {kind: masks(dataset, crop_size="128", _augmentation_type=kind) for kind in ("none", "default", "strong")}
    # the picture's width and height in each crop, which is larger: 64 with base_size
    widths = {kind: {int((mask != 255).sum()) for mask in found} for kind, found in scaled.items()}
    assert widths["none"] == {64 * 64}
    assert len(widths["default"]) > 5
    assert all(width == round(width**0.5) ** 2 for width in widths["default"])
    assert not all(width == round(width**0.5) ** 2 for width in widths["strong"])
