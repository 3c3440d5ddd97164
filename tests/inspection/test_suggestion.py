"""Suggestions follow the data and the memory."""

from __future__ import annotations

import pytest

from semseg.inspection.looks import Sizes
from semseg.inspection.suggestion import suggest

GIBIBYTE = 2**30


def sizes(width: int, height: int) -> Sizes:
    return Sizes((width, height), (width, height), (width, height), 1)


@pytest.mark.parametrize(
    ("width", "height", "base", "crop"),
    [(480, 360, 480, 240), (300, 1000, 1000, 480), (1280, 960, 1280, 480), (250, 100, 250, 120), (90, 60, 90, 64)],
)
def test_crops_are_half_of_the_long_side(width: int, height: int, base: int, crop: int) -> None:
    found = suggest(sizes(width, height), 100, 3, "resnet-50", None)
    assert (found.base_size, found.crop_size, found.mini_batch_size) == (base, crop, 16)


def test_batches_have_room_in_memory_and_are_two_a_device_at_least() -> None:
    wide = sizes(960, 720)
    batches = [suggest(wide, 100, 3, "resnet-50", [free * GIBIBYTE]).mini_batch_size for free in (4, 8, 16, 64)]
    assert batches == sorted(batches)
    assert batches[-1] == 16
    assert min(batches) >= 2
    assert suggest(wide, 100, 3, "resnet-50", [64 * GIBIBYTE] * 16).mini_batch_size == 32
    assert suggest(wide, 5, 3, "resnet-50", [64 * GIBIBYTE]).mini_batch_size == 5


def test_crops_get_smaller_where_two_samples_have_no_room() -> None:
    found = suggest(sizes(960, 720), 100, 3, "resnet-101", [3 * GIBIBYTE])
    assert 64 <= found.crop_size < 480
    assert found.crop_size % 8 == 0
    assert found.mini_batch_size == 2


def test_without_a_picture_the_defaults_of_the_algorithm_stand() -> None:
    found = suggest(None, 0, 2, "resnet-50", None)
    assert (found.base_size, found.num_training_samples, found.mini_batch_size) == (520, 1, 1)
