from __future__ import annotations

import os
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
from PIL import Image

from semseg.contract.problems import raise_problems
from semseg.data.checks import read_checked
from semseg.data.labels.label_map import LabelMap
from semseg.data.pictures.image_files import read_mask
from semseg.data.samples import Sample, pair_samples
from semseg.errors import ChannelError

Rows = Sequence[Sequence[int]]  # of pixel values


class Save(Protocol):
    def __call__(self, mask: Rows, size: tuple[int, int] | None = None, name: str = "a") -> Sample: ...


@pytest.fixture
def sample(tmp_path: Path) -> Save:
    def save(mask: Rows, size: tuple[int, int] | None = None, name: str = "a") -> Sample:
        pixels = np.array(mask, dtype=np.uint8)
        image_path, mask_path = tmp_path / f"{name}.jpg", tmp_path / f"{name}.png"
        Image.new("RGB", size or (pixels.shape[1], pixels.shape[0])).save(image_path)
        Image.fromarray(pixels).save(mask_path)
        return Sample(image_path, mask_path, name)

    return save


def problems_of(*samples: Sample, label_map: LabelMap | None = None, num_classes: int = 3) -> list[str]:
    """What is told of samples that are checked as they come."""
    problems: list[str] = []
    for sample in samples:
        try:
            read_checked(sample, label_map or LabelMap.identity(), num_classes, "train")
        except ChannelError as error:
            problems += str(error).splitlines()[1:]
    return problems


def test_good_samples_have_no_problem(sample: Save) -> None:
    assert problems_of(sample([[0, 1], [2, 255]])) == []


def test_a_class_beyond_num_classes_is_counted(sample: Save) -> None:
    assert problems_of(sample([[0, 3, 3], [2, 3, 11]])) == [
        "train_annotation/a.png holds pixel value 3 in 3 pixels and pixel value 11 in 1 pixel, but with num_classes 3 "
        'classes run from 0 to 2: raise num_classes, or give it another class or key "255" (ignore) in a label map'
    ]


def test_a_class_that_a_label_map_made_too_large_is_shown_with_its_pixel_value(sample: Save) -> None:
    label_map = LabelMap.from_json('{"map": {"0": 0, "7": 40}}')
    assert problems_of(sample([[0, 40]]), label_map=label_map) == [
        "train_annotation/a.png holds pixel value 40, class 7, in 1 pixel, but with num_classes 3 "
        'classes run from 0 to 2: raise num_classes, or give it another class or key "255" (ignore) in a label map'
    ]


def test_a_value_that_the_label_map_does_not_name_is_counted(sample: Save) -> None:
    label_map = LabelMap.from_json('{"map": {"0": 0, "1": 5}}')
    assert problems_of(sample([[0, 5, 9, 9]]), label_map=label_map) == [
        "train_annotation/a.png holds pixel value 9 in 2 pixels, which the label map does not name: "
        'give it a class in the label map, or name it under key "255" to ignore it'
    ]


def test_many_values_are_shortened(sample: Save) -> None:
    [problem] = problems_of(sample([list(range(10, 20))]))
    assert "pixel value 14 in 1 pixel and 5 more values, but" in problem
    assert "pixel value 15" not in problem


def test_a_mask_of_another_size_is_refused_with_both_sizes(sample: Save) -> None:
    assert problems_of(sample([[0, 1, 2], [0, 1, 2]], size=(4, 5))) == [
        "train_annotation/a.png is 3 x 2 pixels but its image train/a.jpg is 4 x 5: make them the same size"
    ]


def test_a_mask_that_is_all_ignore_is_refused(sample: Save) -> None:
    assert problems_of(sample([[255, 255], [255, 255]])) == [
        "train_annotation/a.png is ignored in all its 4 pixels and so teaches nothing: leave out this sample"
    ]


def test_a_truncated_image_and_an_rgb_mask_are_two_problems(sample: Save, tmp_path: Path) -> None:
    broken = sample([[0, 1]], size=(200, 200))
    image = tmp_path / "a.jpg"
    image.write_bytes(image.read_bytes()[:-200])
    Image.new("RGB", (2, 1)).save(tmp_path / "a.png")
    image_problem, mask_problem = problems_of(broken)
    assert image_problem.startswith("train/a.jpg is truncated or damaged (")
    assert mask_problem.startswith("train_annotation/a.png is an RGB picture; a mask holds one class id per pixel")


def test_a_fifo_and_a_device_among_the_pictures_are_two_problems_and_are_not_read(sample: Save, tmp_path: Path) -> None:
    broken = sample([[0, 1]])
    (tmp_path / "a.jpg").unlink()
    os.mkfifo(tmp_path / "a.jpg")
    (tmp_path / "a.png").unlink()
    (tmp_path / "a.png").symlink_to("/dev/zero")
    assert problems_of(broken, sample([[3]], name="b")) == [
        "train/a.jpg cannot be read: it must be a regular file or a link to one, got a FIFO",
        "train_annotation/a.png cannot be read: it must be a regular file or a link to one, got a device",
        "train_annotation/b.png holds pixel value 3 in 1 pixel, but with num_classes 3 classes run from 0 to 2: raise "
        'num_classes, or give it another class or key "255" (ignore) in a label map',
    ]


def test_a_picture_of_more_than_a_gibibyte_is_refused_before_it_is_read(sample: Save, tmp_path: Path) -> None:
    large = sample([[0, 1]])
    os.truncate(tmp_path / "a.jpg", 2**30 + 1)
    assert problems_of(large) == ["train/a.jpg cannot be read: it must have at most 1073741824 bytes, got 1073741825"]


def test_links_to_pictures_are_read(sample: Save, tmp_path: Path) -> None:
    sample([[0, 1]])
    for suffix in ("jpg", "png"):
        (tmp_path / f"b.{suffix}").symlink_to(f"a.{suffix}")
    assert problems_of(Sample(tmp_path / "b.jpg", tmp_path / "b.png", "b")) == []


def test_a_check_needs_less_than_a_byte_more_for_each_pixel_than_reading(tmp_path: Path) -> None:
    pixels = np.zeros((1000, 1000), np.uint8)
    pixels[::2] = 1
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.new("RGB", (1, 1)).save(tmp_path / "a.jpg")  # of another size, so that the mask alone needs memory
    tracemalloc.start()
    try:
        read_mask(tmp_path / "a.png")
        _, reading = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        problems_of(Sample(tmp_path / "a.jpg", tmp_path / "a.png", "a"))
        _, checking = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert checking - reading < pixels.size


def test_a_sample_in_a_folder_is_named_with_it(sample: Save, tmp_path: Path) -> None:
    (tmp_path / "city").mkdir()
    assert problems_of(sample([[255]], name="city/a"))[0].startswith("train_annotation/city/a.png is ignored")


def test_no_problem_raises_nothing() -> None:
    raise_problems([])


def test_one_problem_is_counted_as_one() -> None:
    with pytest.raises(ChannelError) as refusal:
        raise_problems(["a.jpg is empty"])
    assert str(refusal.value) == "the channels cannot be used, 1 problem:\na.jpg is empty"


def test_twenty_problems_are_all_shown() -> None:
    with pytest.raises(ChannelError) as refusal:
        raise_problems([f"problem {number}" for number in range(20)])
    assert str(refusal.value).splitlines()[1:] == [f"problem {number}" for number in range(20)]


def test_of_many_problems_twenty_are_shown_and_all_are_counted() -> None:
    with pytest.raises(ChannelError) as refusal:
        raise_problems([f"problem {number}" for number in range(23)])
    lines = str(refusal.value).splitlines()
    assert lines[0] == "the channels cannot be used, 23 problems:"
    assert lines[1:21] == [f"problem {number}" for number in range(20)]
    assert lines[21:] == ["... and 3 more"]


def test_void_pixels_of_a_real_data_set_are_found_and_cured_by_a_label_map(camvid: Path) -> None:
    samples, _ = pair_samples(camvid / "train", camvid / "train_annotation", "train")
    [problem] = problems_of(samples[0], num_classes=11)
    assert "holds pixel value 11 in" in problem
    void_ignored = LabelMap.from_json(
        '{"map": {"0":0,"1":1,"2":2,"3":3,"4":4,"5":5,"6":6,"7":7,"8":8,"9":9,"10":10,"255":11}}'
    )
    assert problems_of(samples[0], label_map=void_ignored, num_classes=11) == []
