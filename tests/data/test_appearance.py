"""Changes of how a picture looks: tones, colours, noise, JPEG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.data.appearance import after_jpeg, changed, with_colours, with_noise, with_tones
from semseg.data.pictures.image_files import read_image


def grey(*values: int) -> np.ndarray:
    """An image of one row."""
    return np.repeat(np.array(values, np.uint8)[np.newaxis, :, np.newaxis], 3, axis=2)


def colour(red: int, green: int, blue: int) -> np.ndarray:
    return np.array([[[red, green, blue]]], np.uint8)


@pytest.mark.parametrize(
    ("brightness", "contrast", "gamma", "values"),
    [
        (0, 1, 1, [0, 60, 127, 255]),
        (20, 1, 1, [20, 80, 147, 255]),
        (-70, 1, 1, [0, 0, 57, 185]),
        # half as far from 127.5: 63.75, 93.75, 127.25 and 191.25
        (0, 0.5, 1, [64, 94, 127, 191]),
        # twice as far: -127.5, -7.5, 126.5 and 382.5
        (0, 2, 1, [0, 0, 126, 255]),
        # 255 times the squares of 0, 0.2353, 0.4980 and 1
        (0, 1, 2, [0, 14, 63, 255]),
        # brighter first: half as far from 127.5 are 103.75, 133.75, 167.25 and 231.25
        (80, 0.5, 1, [104, 134, 167, 231]),
    ],
)
def test_tones_are_changed_by_brightness_then_contrast_then_gamma(
    brightness: float, contrast: float, gamma: float, values: list[int]
) -> None:
    seen = with_tones(grey(0, 60, 127, 255), brightness, contrast, gamma)
    assert seen[0].tolist() == [[value] * 3 for value in values]


def test_without_saturation_a_colour_becomes_the_grey_of_its_luminance() -> None:
    # 0.213 x 200 + 0.715 x 100 + 0.072 x 50 = 117.7
    assert with_colours(colour(200, 100, 50), 0, 0).tolist() == [[[118] * 3]]


def test_saturation_is_the_distance_from_grey() -> None:
    # half of the way from 117.7 to 200, 100 and 50
    assert with_colours(colour(200, 100, 50), 0.5, 0).tolist() == [[[159, 109, 84]]]
    assert with_colours(colour(200, 100, 50), 1, 0).tolist() == [[[200, 100, 50]]]


@pytest.mark.parametrize("hue", [-18, 18, 180])
def test_grey_has_no_colour_that_could_be_changed(hue: float) -> None:
    np.testing.assert_array_equal(with_colours(grey(0, 60, 127, 255), 1.5, hue), grey(0, 60, 127, 255))


@pytest.mark.parametrize("hue", [-18, 18])
def test_another_hue_has_the_same_luminance(hue: float) -> None:
    before, after = colour(150, 100, 80), with_colours(colour(150, 100, 80), 1, hue)
    assert (before != after).all()
    luminances = [float(pixel[0, 0] @ [0.213, 0.715, 0.072]) for pixel in (before, after)]
    assert luminances[1] == pytest.approx(luminances[0], abs=0.5)


def test_a_positive_hue_turns_red_towards_green_and_a_negative_one_towards_blue() -> None:
    red, green, blue = with_colours(colour(150, 100, 100), 1, 18)[0, 0]
    assert red > green > blue
    red, green, blue = with_colours(colour(150, 100, 100), 1, -18)[0, 0]
    assert red > blue > green


def test_noise_has_the_deviation_that_is_asked_for_and_the_mean_zero() -> None:
    middle = np.full((100, 100, 3), 128, np.uint8)
    noise = with_noise(middle, 10, np.random.default_rng(0)).astype(int) - 128
    # of 30,000 values: five standard errors of the mean are 0.29, of the deviation 0.2
    assert noise.mean() == pytest.approx(0, abs=0.29)
    assert noise.std() == pytest.approx(10, abs=0.3)
    within = np.abs(noise) <= 10  # from -10.5 to 10.5: 70.6 %
    assert within.mean() == pytest.approx(0.706, abs=0.015)


def test_noise_stays_within_the_values_of_a_picture() -> None:
    for value, part in ((0, slice(0, 40)), (255, slice(215, 256))):
        seen = with_noise(np.full((20, 20, 3), value, np.uint8), 10, np.random.default_rng(0))
        assert np.isin(seen, np.arange(256)[part]).all()


def test_jpeg_keeps_the_colours_in_their_order_and_a_lower_quality_keeps_less(camvid: Path) -> None:
    image = read_image(camvid / "train" / "0001TP_006690.jpg")
    lost = [np.abs(after_jpeg(image, quality).astype(int) - image).mean() for quality in (95, 70, 40)]
    assert 0 < lost[0] < lost[1] < lost[2] < 6
    flat = after_jpeg(np.tile(colour(200, 100, 50), (16, 16, 1)), 90)
    np.testing.assert_allclose(flat, np.tile([200, 100, 50], (16, 16, 1)), atol=3)


def test_what_changes_nothing_gives_the_same_values() -> None:
    image, rng = np.random.default_rng(0).integers(0, 256, (9, 7, 3), np.uint8), np.random.default_rng(1)
    for seen in (
        with_tones(image, 0, 1, 1),
        with_colours(image, 1, 0),
        with_noise(image, 0, rng),
        after_jpeg(image, 100),
    ):
        np.testing.assert_array_equal(seen, image)
    assert rng.random() == np.random.default_rng(1).random()


def test_the_same_generator_changes_a_picture_alike_and_leaves_the_given_one_as_it_is() -> None:
    image = np.random.default_rng(0).integers(0, 256, (24, 16, 3), np.uint8)
    image.flags.writeable = False  # as pictures that are kept in memory are
    for seed in range(30):
        one, again = (changed(image, np.random.default_rng(seed)) for _ in range(2))
        np.testing.assert_array_equal(one, again)
        assert (one.shape, one.dtype) == (image.shape, np.uint8)
