"""What a training sample may look like with each _augmentation_type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from semseg.contract.hyperparameters import DEFAULT, NONE, STRONG
from semseg.data import appearance, augmentation
from semseg.data.augmentation import TrainingTransform
from semseg.data.chance import Chance
from semseg.data.scaling import opencv
from tests.data.test_augmentation import Dice, numbered, street

PAGE = Path(__file__).parent.parent.parent / "docs" / "augmentation.md"
IGNORE = 255
CHANCES = {
    "blur": augmentation.BLUR,
    "rotation": augmentation.ROTATION,
    "brightness": appearance.BRIGHTNESS,
    "contrast": appearance.CONTRAST,
    "gamma": appearance.GAMMA,
    "saturation": appearance.SATURATION,
    "hue": appearance.HUE,
    "noise": appearance.NOISE,
    "JPEG": appearance.JPEG_QUALITY,
}


def test_none_draws_the_place_of_the_crop_and_nothing_else() -> None:
    image, mask = numbered(12, 16)
    dice = Dice()
    dice.probabilities, dice.numbers = [], [3, 6]
    cropped, classes = TrainingTransform(16, 5, 0.0, NONE)(image, mask, cast(np.random.Generator, dice))
    assert dice.asked == [(0, 11), (0, 7)]
    np.testing.assert_array_equal(cropped, image[6:11, 3:8])
    np.testing.assert_array_equal(classes, mask[6:11, 3:8])


def test_none_scales_the_long_side_to_the_base_size() -> None:
    image, mask = numbered(12, 16)
    _, classes = TrainingTransform(8, 8, 0.0, NONE)(image, mask, np.random.default_rng(0))
    assert (classes != IGNORE).sum() == 8 * 6


@pytest.mark.parametrize("kind", [NONE, DEFAULT, STRONG])
@pytest.mark.parametrize("crop_size", [96, 400])
def test_every_kind_gives_the_same_shapes_and_ignores_what_is_outside_of_the_picture(
    camvid: Path, kind: str, crop_size: int
) -> None:
    image, mask = street(camvid)
    mask = np.zeros_like(mask)  # labelled everywhere
    transform = TrainingTransform(180, crop_size, 0.0, kind)
    for seed in range(20):
        cropped, classes = transform(image, mask, np.random.default_rng(seed))
        assert (cropped.shape, cropped.dtype) == ((crop_size, crop_size, 3), np.uint8)
        assert (classes.shape, classes.dtype) == ((crop_size, crop_size), np.uint8)
        assert set(np.unique(classes)) <= {0, IGNORE}
        assert (classes == 0).any()
        reached = opencv().dilate((classes == 0).astype(np.uint8), np.ones((7, 7)))  # by blur and by interpolation
        assert not cropped[reached == 0].any()


def test_strong_crops_keep_image_and_mask_together() -> None:
    """A square of another colour is where the mask says."""
    image, mask = np.full((90, 120, 3), 60, np.uint8), np.zeros((90, 120), np.uint8)
    image[30:60, 40:80], mask[30:60, 40:80] = 200, 1
    transform, agreeing = TrainingTransform(120, 80, 0.0, STRONG), []
    for seed in range(40):
        cropped, classes = transform(image, mask, np.random.default_rng(seed))
        inside, around = (cropped[classes == number].astype(float).mean(axis=1) for number in (1, 0))
        if len(inside):
            between = (np.median(inside) + np.median(around)) / 2
            agreeing.append(((inside > between).sum() + (around < between).sum()) / (len(inside) + len(around)))
    assert len(agreeing) > 30
    assert min(agreeing) > 0.97  # but for its edges, which blur and scaling mix


def test_half_of_the_strong_crops_are_rotated() -> None:
    """Where a picture is smaller than the crop, a rotated one ends in a slope."""
    image, mask = np.zeros((100, 100, 3), np.uint8), np.zeros((100, 100), np.uint8)
    transform = TrainingTransform(50, 160, 0.0, STRONG)
    slopes = 0
    for seed in range(100):
        classes = transform(image, mask, np.random.default_rng(seed))[1]
        heights = (classes == 0).sum(axis=0)
        slopes += len(np.unique(heights[heights > 0])) > 1
    # all but those of less than half a degree, a twentieth of them; five standard deviations are 25
    assert slopes == pytest.approx(48, abs=25)


@pytest.mark.parametrize("crop_size", [16, 200])
def test_a_rare_class_stays_in_a_rotated_crop(crop_size: int) -> None:
    mask = np.zeros((40, 50), np.uint8)
    mask[-3:, -3:] = 7
    image = np.repeat(mask[:, :, np.newaxis], 3, axis=2)
    transform = TrainingTransform(50, crop_size, 1.0, STRONG)
    for seed in range(60):
        assert 7 in transform(image, mask, np.random.default_rng(seed))[1], seed


def test_the_same_seed_gives_the_same_strong_crop_and_another_seed_another(camvid: Path) -> None:
    transform = TrainingTransform(520, 240, 0.5, STRONG)
    first, again, other = (transform(*street(camvid), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (first[0] != other[0]).any()


def test_a_chance_draws_between_its_limits_as_often_as_it_says() -> None:
    rng, chance = np.random.default_rng(0), Chance(0.2, -3.0, 5.0, otherwise=0.0)
    drawn = np.array([chance.drawn(rng) for _ in range(1000)])
    happened = drawn[drawn != 0]
    assert len(happened) == pytest.approx(200, abs=63)  # five standard deviations
    assert -3 <= happened.min() < -2.5
    assert 4.5 < happened.max() <= 5


def test_the_documentation_states_each_probability_and_range() -> None:
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| (-?[\d.]+) to (-?[\d.]+)", PAGE.read_text(), re.MULTILINE)
    told = {name: tuple(map(float, numbers)) for name, *numbers in rows}
    assert told == {
        "scale": (1, 0.5, 2),
        **{name: (chance.probability, chance.low, chance.high) for name, chance in CHANCES.items()},
    }
