from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.data.pictures.picture_reading import PictureReading
from semseg.exporting.pictures import Unlabelled, some_images
from semseg.prediction.scale import ScaleRule
from tests.data.picture_makers import exif


class Numbered:
    """Samples whose images have their number as their only value, and are 48 pixels square."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.read_numbers: list[int] = []

    def one_pass(self) -> range:
        return range(self.count)

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        self.read_numbers.append(place)
        return np.full((48, 48, 3), place, np.uint8), np.zeros((48, 48), np.uint8)


class Streamed(Numbered):
    """The same as a stream, which remembers how far it came and whether it was closed."""

    closed = False

    def one_pass(self) -> Iterator[int]:  # type: ignore[override]
        try:
            yield from range(self.count)
        finally:
            self.closed = True


def values(images: list[np.ndarray]) -> list[int]:
    return [int(image[0, 0, 0]) for image in images]


def test_numbered_samples_are_taken_evenly_spread() -> None:
    assert values(some_images(Numbered(10), 4, ScaleRule(48))) == [0, 2, 5, 7]


def test_where_there_are_few_all_are_taken_once() -> None:
    assert values(some_images(Numbered(3), 64, ScaleRule(48))) == [0, 1, 2]


def test_of_a_stream_the_first_are_taken_and_its_pass_is_ended() -> None:
    samples = Streamed(1000)
    assert values(some_images(samples, 3, ScaleRule(48))) == [0, 1, 2]
    assert samples.closed


def test_images_come_at_the_size_that_the_network_sees_them_at() -> None:
    # the long side of 48 is brought to 0.5 x 200 = 100
    assert some_images(Numbered(1), 1, ScaleRule(200))[0].shape == (100, 100, 3)


def test_pictures_without_masks_are_read_by_the_rule_of_the_model(tmp_path: Path) -> None:
    Image.new("RGB", (5, 4)).save(tmp_path / "a.png", exif=exif(6))
    image, mask = Unlabelled([tmp_path / "a.png"], PictureReading(is_turned=True)).read(0)
    assert (image.shape, mask.shape) == ((5, 4, 3), (5, 4))


def test_pictures_without_masks_are_ignored_pixel_by_pixel(tmp_path: Path) -> None:
    Image.new("RGB", (5, 4), (9, 8, 7)).save(tmp_path / "a.png")
    samples = Unlabelled([tmp_path / "a.png"])
    (place,) = samples.one_pass()
    image, mask = samples.read(place)
    assert image.shape == (4, 5, 3)
    assert image[0, 0].tolist() == [9, 8, 7]
    assert mask.shape == (4, 5)
    assert set(mask.ravel().tolist()) == {255}
