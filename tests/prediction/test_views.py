"""Test-time augmentation: the mean over views of a picture, by networks whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from semseg.prediction.scale import ScaleRule
from semseg.prediction.segmenter import Segmenter
from semseg.prediction.views import network_of_views
from tests.prediction.test_segmenter import MOST, PixelNetwork, StrideNetwork, noise


class WidthNetwork:
    """Says 0.25 for class 1 on the left half of what it sees and 0.75 on the right, and adds 0.01 a column."""

    num_classes = 2

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        self.shapes.append(images.shape)
        ones = np.full((len(images), *size), 0.25 + 0.01 * images.shape[2], np.float32)
        ones[:, :, size[1] // 2 :] += 0.5
        return np.stack([1 - ones, ones], axis=1)

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return self.probabilities(images, size).argmax(axis=1).astype(np.uint8)


def test_no_augmentation_is_the_network_itself() -> None:
    network = WidthNetwork()
    assert network_of_views(network, "none") is network


def test_flip_is_the_mean_of_a_picture_and_its_mirror_image() -> None:
    network = WidthNetwork()
    found = network_of_views(network, "flip").probabilities(np.zeros((1, 2, 4, 3), np.uint8), (2, 4))
    # each half is once on the left and once on the right: (0.25 + 0.75) / 2, and 4 columns add 0.04
    assert found[0, 1] == pytest.approx(np.full((2, 4), 0.54))
    assert network.shapes == [(1, 2, 4, 3)] * 2


def test_multiscale_is_the_mean_of_three_sizes_each_mirrored() -> None:
    network = WidthNetwork()
    found = network_of_views(network, "multiscale").probabilities(np.zeros((2, 8, 12, 3), np.uint8), (5, 6))
    assert found.shape == (2, 2, 5, 6)
    # 9, 12 and 15 columns, each twice
    assert found[1, 1] == pytest.approx(np.full((5, 6), 0.5 + 0.01 * 12))
    assert network.shapes == [(2, 6, 9, 3)] * 2 + [(2, 8, 12, 3)] * 2 + [(2, 10, 15, 3)] * 2


def test_views_of_an_aligned_size_are_aligned_and_no_larger() -> None:
    network = WidthNetwork()
    rule = ScaleRule(40, is_aligned=True)
    Segmenter(network, rule, test_time_augmentation="multiscale").mask(noise(30, 50))
    # 30 x 50 becomes 33 x 49; 25 x 37 and 41 x 61 become those that are aligned
    assert network.shapes[::2] == [(1, 25, 33, 3), (1, 33, 49, 3), (1, 41, 57, 3)]


@pytest.mark.parametrize("way", ["flip", "multiscale"])
def test_a_mirrored_picture_has_the_mirrored_answer(way: str) -> None:
    network = network_of_views(StrideNetwork(), way)
    images = noise(40, 57)[np.newaxis]
    mirrored = np.ascontiguousarray(images[:, :, ::-1])
    there, back = (network.probabilities(each, (40, 57)) for each in (images, mirrored))
    assert np.allclose(there, back[..., ::-1], atol=1e-6)


def test_the_mask_is_that_of_the_mean() -> None:
    network = network_of_views(PixelNetwork(), "multiscale")
    images = np.stack([noise(30, 40), noise(30, 40)[::-1]])
    mask = network.mask(images, (20, 50))
    assert (mask.shape, mask.dtype) == ((2, 20, 50), np.uint8)
    assert np.array_equal(mask, network.probabilities(images, (20, 50)).argmax(axis=1))


@pytest.mark.parametrize("way", ["none", "flip", "multiscale"])
@pytest.mark.parametrize("size", [(40, 50), (500, 700)], ids=["at once", "in tiles"])
def test_confidence_is_the_probability_of_the_class(way: str, size: tuple[int, int]) -> None:
    segmenter = Segmenter(PixelNetwork(), ScaleRule(None), MOST, stride=1, test_time_augmentation=way)
    image = noise(*size)
    mask, confidence = segmenter.sure_mask(image)
    probabilities = segmenter.probabilities(image)
    assert np.array_equal(mask, segmenter.mask(image))
    assert np.array_equal(confidence, probabilities.max(axis=0))
    assert np.array_equal(mask, probabilities.argmax(axis=0))


def test_no_view_of_a_tile_is_larger_than_the_network_may_see() -> None:
    network = PixelNetwork()
    segmenter = Segmenter(network, ScaleRule(None), MOST, test_time_augmentation="multiscale")
    assert not segmenter.is_seen_at_once(300, 300)  # 90,000 pixels, which are 140,625 at 1.25 times their size
    segmenter.mask(noise(700, 900))
    assert max(height * width for _, height, width, _ in network.shapes) <= MOST


def test_flipped_tiles_have_the_answer_of_the_whole_picture() -> None:
    image = noise(601, 801)
    whole, tiled = (
        Segmenter(StrideNetwork(), ScaleRule(None), most, test_time_augmentation="flip") for most in (10**9, MOST)
    )
    assert np.allclose(tiled.probabilities(image), whole.probabilities(image), atol=1e-4)


def test_views_of_a_scaled_picture_are_views_of_what_the_network_sees() -> None:
    network = WidthNetwork()
    Segmenter(network, ScaleRule(80), test_time_augmentation="multiscale").mask(noise(100, 200))
    assert network.shapes[::2] == [(1, 45, 90, 3), (1, 60, 120, 3), (1, 75, 150, 3)]
