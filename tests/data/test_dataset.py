from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from PIL import Image

from semseg.data.checks import read_checked
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.errors import ChannelError

CHANGED = (
    "train/a.png and train_annotation/a.png must stay as they are until the job has ended, but they changed since they "
    "were checked: "
)


def save_mask(path: Path, *rows: list[int]) -> None:
    Image.fromarray(np.array(rows, dtype=np.uint8)).save(path)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    Image.new("RGB", (3, 2), (1, 2, 3)).save(tmp_path / "a.png")
    save_mask(tmp_path / "m.png", [0, 5, 255], [5, 5, 0])
    return Sample(tmp_path / "a.png", tmp_path / "m.png", "a")


@pytest.fixture
def checked(sample: Sample) -> Dataset:
    """Two classes, the pixel values 0 and 5."""
    label_map = LabelMap.from_json('{"map": {"0": 0, "1": 5, "2": 7}}')
    read_checked(sample, label_map, 2, "train")
    return Dataset([sample], label_map, 2, "train")


def test_a_sample_is_read_with_the_label_map_applied(checked: Dataset) -> None:
    image, mask = checked.read(0)
    assert len(checked) == 1
    assert image.shape == (2, 3, 3)
    assert image[0, 0].tolist() == [1, 2, 3]
    assert mask.tolist() == [[0, 1, 255], [1, 1, 0]]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda mask: save_mask(mask, [0, 5, 7], [7, 5, 0]),
            "train_annotation/a.png holds pixel value 7, class 2, in 2 pixels, but with num_classes 2 classes run from "
            '0 to 1: raise num_classes, or give it another class or key "255" (ignore) in a label map',
        ),
        (
            lambda mask: save_mask(mask, [0, 5, 9], [5, 5, 0]),
            "train_annotation/a.png holds pixel value 9 in 1 pixel, which the label map does not name: give it a class "
            'in the label map, or name it under key "255" to ignore it',
        ),
        (
            lambda mask: save_mask(mask, [0, 5], [5, 0], [0, 5]),
            "train_annotation/a.png is 2 x 3 pixels but its image train/a.png is 3 x 2: make them the same size",
        ),
        (Path.unlink, "train_annotation/a.png cannot be read: No such file or directory"),
    ],
    ids=["a class too many", "a value without a class", "another size", "gone"],
)
def test_a_file_that_changed_after_the_check_is_named(
    checked: Dataset, tmp_path: Path, change: Callable[[Path], None], problem: str
) -> None:
    change(tmp_path / "m.png")
    with pytest.raises(ChannelError) as refusal:
        checked.read(0)
    assert str(refusal.value) == CHANGED + problem


def test_files_that_changed_and_still_fit_are_read(checked: Dataset, tmp_path: Path) -> None:
    Image.new("RGB", (2, 1), (4, 5, 6)).save(tmp_path / "a.png")
    save_mask(tmp_path / "m.png", [5, 0])
    image, mask = checked.read(0)
    assert (image.shape, mask.tolist()) == ((1, 2, 3), [[1, 0]])
