from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from semseg.data.augmentation import CentreCrop, TrainingTransform
from semseg.data.pictures.image_files import read_image, read_mask
from semseg.data.scaling import gaussian_blur

NO_FLIP, FLIP, NO_BLUR = 0.9, 0.1, 0.9


Pair = tuple[np.ndarray, np.ndarray]  # an image and its mask


class Dice:
    """Throws what the test says, in the manner of a numpy generator."""

    def __init__(
        self,
        flip: float = NO_FLIP,
        long_side: int = 0,
        left: int = 0,
        top: int = 0,
        blur: float = NO_BLUR,
        radius: float = 0.0,
    ) -> None:
        self.probabilities = [flip, blur]
        self.numbers = [long_side, left, top]
        self.radius = radius
        self.asked: list[tuple[int, int]] = []

    def random(self) -> float:
        return self.probabilities.pop(0)

    def integers(self, low: int, high: int, endpoint: bool) -> int:
        assert endpoint
        self.asked.append((low, high))
        return self.numbers.pop(0)

    def uniform(self, low: float, high: float) -> float:
        assert (low, high) == (0.0, 1.0)
        return self.radius


def thrown(transform: TrainingTransform, image: np.ndarray, mask: np.ndarray, dice: Dice) -> Pair:
    """A transform asks its generator for nothing but what dice have, too."""
    return transform(image, mask, cast(np.random.Generator, dice))


def numbered(height: int, width: int) -> Pair:
    """An image whose red channel is its mask: what happens to one pixel of either can be seen in the other."""
    mask = np.arange(height * width, dtype=np.uint8).reshape(height, width)
    return np.stack([mask, mask, mask], axis=2), mask


def rescaled_then_cropped(
    image: np.ndarray, mask: np.ndarray, size: tuple[int, int], corner: tuple[int, int], crop: int, flip: bool
) -> Pair:
    """The plain way: everything is done to the whole picture."""
    pictures = [Image.fromarray(image), Image.fromarray(mask)]
    if flip:
        pictures = [picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) for picture in pictures]
    pictures = [
        picture.resize(size, resample)
        for picture, resample in zip(pictures, [Image.Resampling.BILINEAR, Image.Resampling.NEAREST])
    ]
    border = (0, 0, max(0, crop - size[0]), max(0, crop - size[1]))
    box = (*corner, corner[0] + crop, corner[1] + crop)
    image, mask = (
        np.array(ImageOps.expand(picture, border, fill=fill).crop(box)) for picture, fill in zip(pictures, [0, 255])
    )
    return image, mask


def street(camvid: Path) -> Pair:
    return (
        read_image(camvid / "train" / "0001TP_006690.jpg"),
        read_mask(camvid / "train_annotation" / "0001TP_006690.png"),
    )


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(
    ("size", "corner", "crop", "most"),
    [
        ((480, 360), (31, 77), 240, 0.0),  # as it is
        ((960, 720), (640, 14), 240, 0.4),  # enlarged
        ((960, 720), (2, 202), 480, 0.4),
        ((360, 270), (30, 21), 240, 0.9),  # reduced
        ((240, 180), (0, 0), 240, 1.3),  # halved, padded below
        ((120, 90), (0, 0), 480, 2.0),  # halved twice, padded on both sides
    ],
)
def test_cropping_first_gives_what_rescaling_first_gives(
    camvid: Path, size: tuple[int, int], corner: tuple[int, int], crop: int, most: float, flip: bool
) -> None:
    image, mask = street(camvid)
    dice = Dice(FLIP if flip else NO_FLIP, long_side=size[0], left=corner[0], top=corner[1])
    cropped_image, cropped_mask = thrown(TrainingTransform(520, crop), image, mask, dice)
    plain_image, plain_mask = rescaled_then_cropped(image, mask, size, corner, crop, flip)
    assert cropped_image.shape == (crop, crop, 3)
    assert (cropped_mask != plain_mask).mean() < 0.02
    shown = plain_mask[: size[1], : size[0]].shape
    difference = np.abs(cropped_image.astype(int) - plain_image)[: shown[0], : shown[1]]
    assert difference.mean() <= most


@pytest.mark.parametrize("long_side", [60, 119, 120, 130, 200, 209, 240, 300, 500])
@pytest.mark.parametrize("flip", [FLIP, NO_FLIP])
def test_every_crop_lies_where_it_should_by_half_a_stored_pixel(long_side: int, flip: float) -> None:
    """The image is a slope: the value of each pixel is the column that it was taken from."""
    columns = np.broadcast_to(np.arange(240, dtype=np.uint8), (180, 240))
    scaled = 240 / long_side
    for left in range(0, max(long_side - 50, 0) + 1, 7):
        dice = Dice(flip, long_side=long_side, left=left)
        image, mask = thrown(TrainingTransform(100, 50), np.stack([columns] * 3, axis=2), columns.copy(), dice)
        meant = (left + np.arange(min(50, long_side)) + 0.5) * scaled - 0.5
        meant = 239 - meant if flip == FLIP else meant
        row, classes = image[0, : len(meant), 0].astype(int), mask[0, : len(meant)].astype(int)
        off = max(0.5, scaled / 2) + 0.5  # and half a value, by rounding
        assert np.abs(row - meant).max() <= off + scaled / 2
        assert np.abs(row - classes).max() <= off


def test_nothing_random_leaves_the_pixels_as_they_are() -> None:
    image, mask = numbered(8, 8)
    cropped_image, cropped_mask = thrown(TrainingTransform(8, 8), image, mask, Dice(long_side=8))
    np.testing.assert_array_equal(cropped_image, image)
    np.testing.assert_array_equal(cropped_mask, mask)


@pytest.mark.parametrize("flip", [FLIP, NO_FLIP])
def test_image_and_mask_stay_together_to_the_pixel(flip: float) -> None:
    image, mask = numbered(12, 16)
    cropped_image, cropped_mask = thrown(TrainingTransform(16, 5), image, mask, Dice(flip, long_side=16, left=3, top=6))
    columns = slice(8, 13) if flip == FLIP else slice(3, 8)
    expected = mask[6:11, columns][:, ::-1] if flip == FLIP else mask[6:11, columns]
    np.testing.assert_array_equal(cropped_mask, expected)
    np.testing.assert_array_equal(cropped_image[:, :, 0], expected)


def test_padding_is_black_in_the_image_and_ignore_in_the_mask() -> None:
    image, mask = np.full((2, 4, 3), 9, dtype=np.uint8), np.zeros((2, 4), dtype=np.uint8)
    cropped_image, cropped_mask = thrown(TrainingTransform(4, 5), image, mask, Dice(FLIP, long_side=4))
    assert cropped_mask.tolist() == [[0, 0, 0, 0, 255]] * 2 + [[255] * 5] * 3
    assert cropped_image[:, :, 0].tolist() == [[9, 9, 9, 9, 0]] * 2 + [[0] * 5] * 3


def test_no_class_but_those_of_the_mask_and_ignore_appears() -> None:
    image, mask = numbered(30, 40)
    mask = np.where(mask % 2, 3, 7).astype(np.uint8)
    rng = np.random.default_rng(0)
    seen = {int(value) for _ in range(50) for value in np.unique(TrainingTransform(40, 33)(image, mask, rng)[1])}
    assert seen == {3, 7, 255}


def test_the_long_side_is_drawn_from_half_to_twice_the_base_and_the_corner_from_what_is_left() -> None:
    image, mask = numbered(30, 40)
    dice = Dice(long_side=80, left=60, top=40)
    thrown(TrainingTransform(base_size=41, crop_size=20), image, mask, dice)
    assert dice.asked == [(20, 82), (0, 60), (0, 40)]


def test_a_tall_picture_is_scaled_by_its_height() -> None:
    image, mask = numbered(40, 30)
    dice = Dice(long_side=60)
    thrown(TrainingTransform(base_size=40, crop_size=20), image, mask, dice)
    assert dice.asked[1:] == [(0, 25), (0, 40)]


@pytest.mark.parametrize(
    ("flip", "held", "lefts", "tops"),
    [
        # it is at 41 and 31, scaled, and 2 or more from the edges: from 41 - 19 to 41 - 2, and from 31 - 19 to 31 - 2
        (NO_FLIP, (20, 15), (22, 39), (12, 29)),
        (FLIP, (20, 15), (20, 37), (12, 29)),  # the column is 39 - 20 then, at 39
        (NO_FLIP, (0, 29), (0, 0), (38, 38)),  # at the picture's corner, as near as the window comes
        (FLIP, (0, 29), (58, 58), (38, 38)),
    ],
)
def test_a_window_that_must_hold_a_pixel_lies_anywhere_around_it(
    flip: float, held: tuple[int, int], lefts: tuple[int, int], tops: tuple[int, int]
) -> None:
    """Of 40 x 30 pixels, scaled to 80 x 60, the window shows 22."""
    mask = np.zeros((30, 40), np.uint8)
    mask[held[1], held[0]] = 7
    dice = Dice(flip)
    dice.probabilities.insert(1, 0.49)  # less than the share
    dice.numbers = [80, 0, 0, lefts[0], tops[1]]  # the only rare class, and its only pixel
    _, cropped = thrown(TrainingTransform(40, 22, 0.5), np.stack([mask] * 3, axis=2), mask, dice)
    assert dice.asked == [(20, 80), (0, 0), (0, 0), lefts, tops]
    assert (cropped == 7).sum() == 4


def test_a_crop_of_the_other_share_lies_anywhere() -> None:
    mask = np.zeros((30, 40), np.uint8)
    mask[15, 20] = 7
    dice = Dice(long_side=80)
    dice.probabilities.insert(1, 0.5)
    thrown(TrainingTransform(40, 22, 0.5), np.stack([mask] * 3, axis=2), mask, dice)
    assert dice.asked == [(20, 80), (0, 58), (0, 38)]


def test_a_picture_one_pixel_wide_keeps_a_pixel() -> None:
    mask = np.zeros((2000, 1), dtype=np.uint8)
    image = np.zeros((2000, 1, 3), dtype=np.uint8)
    _, cropped = thrown(TrainingTransform(100, 20), image, mask, Dice(long_side=100))
    assert (cropped == 0).sum() == 20


def test_the_same_seed_gives_the_same_crop_and_another_seed_another(camvid: Path) -> None:
    transform = TrainingTransform(520, 240)
    first, again, other = (transform(*street(camvid), np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert (first[0] != other[0]).any()


def test_blur_touches_the_image_only() -> None:
    image, mask = numbered(16, 16)
    blurred_image, same_mask = thrown(TrainingTransform(16, 16), image, mask, Dice(long_side=16, blur=0.1, radius=0.8))
    np.testing.assert_array_equal(blurred_image, gaussian_blur(image, 0.8))
    np.testing.assert_array_equal(same_mask, mask)


def test_blurring_a_point_gives_the_gaussian() -> None:
    image = np.zeros((7, 7, 3), dtype=np.uint8)
    image[3, 3] = 255
    blurred = gaussian_blur(image, 1.0)[:, :, 0]
    # weights 14, 63, 102, 63, 14 of 256: of a column of 255 first 102 / 256 = 102 remain, of those 102 / 256 = 41
    np.testing.assert_allclose(blurred[3], [0, 6, 25, 41, 25, 6, 0], atol=1)
    np.testing.assert_array_equal(blurred, blurred[::-1])
    assert blurred[0].sum() == 0


def test_blur_leaves_flat_pictures_and_radius_zero_alone() -> None:
    white = np.full((5, 6, 3), 255, dtype=np.uint8)
    np.testing.assert_array_equal(gaussian_blur(white, 1.0), white)
    image, _ = numbered(9, 7)
    np.testing.assert_array_equal(gaussian_blur(image, 0.0), image)


@pytest.mark.parametrize("radius", [0.3, 0.6, 1.0])
def test_blur_is_close_to_that_of_pillow(camvid: Path, radius: float) -> None:
    image, _ = street(camvid)
    pillow = np.array(Image.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))
    assert np.abs(gaussian_blur(image, radius).astype(int) - pillow).mean() < 0.6


@pytest.mark.parametrize(("upright", "scaled", "corner"), [(False, (320, 240), (40, 0)), (True, (240, 320), (0, 40))])
def test_the_centre_crop_is_the_middle_of_the_scaled_picture(
    camvid: Path, upright: bool, scaled: tuple[int, int], corner: tuple[int, int]
) -> None:
    image, mask = street(camvid)
    if upright:
        image, mask = image.swapaxes(0, 1).copy(), mask.swapaxes(0, 1).copy()
    cropped_image, cropped_mask = CentreCrop(240)(image, mask, np.random.default_rng(0))
    plain_image, plain_mask = rescaled_then_cropped(image, mask, scaled, corner, 240, flip=False)
    assert (cropped_mask != plain_mask).mean() < 0.01
    assert np.abs(cropped_image.astype(int) - plain_image).max() <= 2


def test_the_centre_crop_enlarges_what_is_too_small_and_never_pads() -> None:
    image, mask = numbered(2, 3)
    cropped_image, cropped_mask = CentreCrop(4)(image, mask, np.random.default_rng(0))
    # 3 x 2 becomes 6 x 4, of which the columns 1 to 4 remain: of the three pixels half, the whole and half
    assert cropped_mask.tolist() == [[0, 1, 1, 2], [0, 1, 1, 2], [3, 4, 4, 5], [3, 4, 4, 5]]
    assert cropped_image.shape == (4, 4, 3)


def test_the_centre_crop_of_a_square_of_the_right_size_is_itself() -> None:
    image, mask = numbered(6, 6)
    cropped_image, cropped_mask = CentreCrop(6)(image, mask, np.random.default_rng(0))
    np.testing.assert_array_equal(cropped_image, image)
    np.testing.assert_array_equal(cropped_mask, mask)


def test_without_opencv_it_is_said_what_to_install() -> None:
    script = """
import sys
sys.modules["cv2"] = None
from semseg.data.scaling import opencv
try:
    opencv()
except Exception as error:
    print(type(error).__name__, error)
"""
    told = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert told.startswith("PlatformError OpenCV, which scales training samples, cannot be imported (")
    assert told.endswith(
        "): install opencv-python-headless, or, for the opencv-python that GluonCV brings, libGL and GLib "
        "(apt-get install libgl1 libglib2.0-0)\n"
    )
