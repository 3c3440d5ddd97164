"""Crops that must show a class of which their picture has few pixels."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.data.augmentation import TrainingTransform
from semseg.data.rare_classes import nth_true, rare_classes, rare_pixel

GROUND, POLE, SIGN, IGNORE = 0, 3, 7, 255


def scene(height: int = 40, width: int = 50) -> np.ndarray:
    """A mask of ground with four pixels of a pole and one of a sign: of 2,000 pixels 0.2 % and 0.05 %."""
    mask = np.full((height, width), GROUND, np.uint8)
    mask[10:14, 31] = POLE
    mask[-1, -1] = SIGN
    return mask


def image_of(mask: np.ndarray) -> np.ndarray:
    return np.repeat(mask[:, :, np.newaxis], 3, axis=2)


def test_a_class_of_less_than_a_twentieth_of_the_labelled_pixels_is_rare() -> None:
    mask = np.full((10, 12), IGNORE, np.uint8)
    mask[:, :10] = GROUND  # 100 labelled pixels
    mask[0, :4] = POLE  # 4 of them
    mask[1, :5] = SIGN  # 5 of them are a twentieth, and not less
    assert rare_classes(mask) == {POLE: 4}


def test_ignored_pixels_are_neither_a_class_nor_counted() -> None:
    mask = np.full((10, 10), IGNORE, np.uint8)
    mask[0] = GROUND
    mask[0, 0] = POLE  # 1 of 10 labelled pixels, though 1 of 100 in all
    assert rare_classes(mask) == {}
    mask[0] = IGNORE
    assert rare_classes(mask) == {}


def test_a_mask_without_a_rare_class_has_no_pixel_to_hold_and_draws_nothing() -> None:
    rng = np.random.default_rng(0)
    assert rare_pixel(np.zeros((4, 4), np.uint8), rng) is None
    assert rng.random() == np.random.default_rng(0).random()


def test_each_rare_class_is_drawn_as_often_as_the_others_and_so_is_each_of_its_pixels() -> None:
    rng = np.random.default_rng(0)
    mask = scene()
    drawn = [rare_pixel(mask, rng) for _ in range(800)]
    counts = {pixel: drawn.count(pixel) for pixel in set(drawn)}
    assert set(counts) == {(49, 39), (31, 10), (31, 11), (31, 12), (31, 13)}
    # one half, and four eighths; five standard deviations are 71 and 47
    assert counts.pop((49, 39)) == pytest.approx(400, abs=71)
    assert all(count == pytest.approx(100, abs=47) for count in counts.values())


@pytest.mark.parametrize("share", [0.5, 0.001, 1.0])
def test_the_nth_true_value_is_that_of_the_list_of_all(share: float) -> None:
    found = np.random.default_rng(1).random(5003) < share
    expected = np.flatnonzero(found)
    assert [nth_true(found, place) for place in range(len(expected))] == expected.tolist()


# What is as small as a pixel may fall between the pixels of a picture that is made smaller: there it is larger.
@pytest.mark.parametrize(
    ("base_size", "crop_size", "side"),
    [
        (50, 16, 2),  # 25 to 100 pixels long, of 50
        (400, 40, 1),  # always enlarged, to 4 and to 16 times
        (34, 8, 3),  # enlarged a little, or reduced to a third
        (100, 200, 1),  # never larger than the crop
    ],
)
def test_every_crop_shows_a_rare_class_where_it_must(base_size: int, crop_size: int, side: int) -> None:
    mask = scene()
    mask[10 : 10 + side, 31 : 31 + side] = POLE
    mask[-side:, -side:] = SIGN
    transform = TrainingTransform(base_size, crop_size, rare_class_crops=1.0)
    for seed in range(60):
        _, cropped = transform(image_of(mask), mask, np.random.default_rng(seed))
        assert np.isin(cropped, (POLE, SIGN)).any(), seed


def test_as_many_crops_show_a_rare_class_as_the_share_says() -> None:
    mask = np.zeros((200, 200), np.uint8)
    mask[100, 100] = POLE  # few ordinary crops of 8 x 8 pixels show it
    transform = TrainingTransform(200, 8, rare_class_crops=0.25)
    shown = sum(POLE in transform(image_of(mask), mask, np.random.default_rng(seed))[1] for seed in range(200))
    assert shown == pytest.approx(50, abs=31)  # five standard deviations


def test_a_picture_without_a_rare_class_is_cropped_as_any_other() -> None:
    mask = np.zeros((30, 40), np.uint8)
    mask[:, 20:] = 1
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    cropped, classes = TrainingTransform(40, 16, rare_class_crops=1.0)(image, mask, np.random.default_rng(3))
    assert cropped.shape == (16, 16, 3)
    assert set(np.unique(classes)) <= {0, 1, IGNORE}


def test_without_rare_class_crops_no_number_more_is_drawn() -> None:
    mask, one, other = scene(), np.random.default_rng(5), np.random.default_rng(5)
    plain = TrainingTransform(50, 16)(image_of(mask), mask, one)
    off = TrainingTransform(50, 16, rare_class_crops=0.0)(image_of(mask), mask, other)
    np.testing.assert_array_equal(plain[0], off[0])
    np.testing.assert_array_equal(plain[1], off[1])
    assert one.random() == other.random()
