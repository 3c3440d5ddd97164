from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from semseg.prediction.scale import ScaleRule
from semseg.prediction.segmenter import Segmenter
from tests.prediction.fake_network import BrightnessNetwork, half_bright, half_mask


class RecordingNetwork(BrightnessNetwork):
    """Keeps the last batch that it was shown."""

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        self.images = images
        return super().mask(images, size)


def test_a_picture_within_the_range_is_shown_as_it_is() -> None:
    network = RecordingNetwork()
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    Segmenter(network, ScaleRule(40)).mask(image)
    assert np.array_equal(network.images, image[np.newaxis])


@pytest.mark.parametrize(
    ("size", "base_size", "shown"),
    [((200, 100), 40, (60, 30)), ((10, 5), 40, (20, 10)), ((30, 40), 40, (30, 40)), ((200, 100), None, (200, 100))],
)
def test_the_network_is_shown_the_working_size_and_answers_at_the_pictures_own(
    size: tuple[int, int], base_size: int | None, shown: tuple[int, int]
) -> None:
    network = BrightnessNetwork()
    segmenter = Segmenter(network, ScaleRule(base_size))
    mask = segmenter.mask(half_bright(*size))
    probabilities = segmenter.probabilities(half_bright(*size))
    assert network.shapes == [(1, *shown, 3)] * 2
    assert (mask.shape, mask.dtype) == (size, np.uint8)
    assert (probabilities.shape, probabilities.dtype) == ((2, *size), np.float32)


def test_mask_and_probabilities_agree() -> None:
    segmenter = Segmenter(BrightnessNetwork(), ScaleRule(40))
    probabilities = segmenter.probabilities(half_bright(30, 44))
    assert np.array_equal(segmenter.mask(half_bright(30, 44)), half_mask(30, 44))
    assert probabilities[:, 3, 3].tolist() == [0.75, 0.25]
    assert np.array_equal(probabilities.argmax(axis=0), half_mask(30, 44))


def test_a_large_picture_is_resized_bilinearly() -> None:
    network = RecordingNetwork()
    image = np.zeros((4, 120, 3), np.uint8)
    image[:, 60:] = 200
    Segmenter(network, ScaleRule(40)).mask(image)
    # 120 -> 60 columns: each new column weighs 4 old ones by 1/8, 3/8, 3/8, 1/8; those at the edge see across it
    edge = np.array([0, 200 / 8, 200 * 7 / 8, 200])
    expected = np.broadcast_to(edge.round()[None, :, None], (2, 4, 3))
    assert np.allclose(network.images[0, :, 28:32], expected, atol=1)


class PixelNetwork:
    """Three classes that depend on each pixel alone, resized as a whole; remembers the shape of each batch."""

    num_classes = 3

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        self.shapes.append(images.shape)
        shares = images.astype(np.float32) + 1
        shares /= shares.sum(axis=3, keepdims=True)
        return np.stack([bilinear(image.transpose(2, 0, 1), size) for image in shares])

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        return self.probabilities(images, size).argmax(axis=1).astype(np.uint8)


class StrideNetwork(PixelNetwork):
    """Looks at every eighth pixel alone, and draws what it finds over the whole picture, as real networks do."""

    def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        height, width = images.shape[1:3]
        features = super().probabilities(images[:, ::8, ::8], (-(-height // 8), -(-width // 8)))
        return np.stack([bilinear(bilinear(planes, (height, width)), size) for planes in features])


def bilinear(planes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """(C, h, w) float32 to (C, H, W), the corners aligned."""
    for axis, length in ((2, size[1]), (1, size[0])):
        if planes.shape[axis] == length:
            continue
        last = planes.shape[axis] - 1
        places = np.arange(length, dtype=np.float32) * (np.float32(last) / np.float32(length - 1))
        lower = np.minimum(places.astype(int), last)
        share = (places - lower.astype(np.float32)).reshape((1, -1, 1) if axis == 1 else (1, 1, -1))
        first, second = (planes.take(np.minimum(lower + step, last), axis=axis) for step in (0, 1))
        planes = first * (1 - share) + second * share
    return planes


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


MOST = 131_072  # pixels at once, in the tests below


@pytest.mark.parametrize(
    ("size", "base_size"),
    [
        ((900, 1300), None),  # 1.2 million pixels, as they are
        ((2000, 100), None),
        ((1200, 1600), 400),  # seen at 450 x 600
        ((1200, 1600), 150),  # seen at 169 x 225, at once; the answer in parts
        ((120, 160), 1000),  # seen at 375 x 500; the answer is small
    ],
)
def test_a_picture_in_tiles_has_the_answer_of_the_whole(size: tuple[int, int], base_size: int | None) -> None:
    image = noise(*size)
    network, network_of_tiles = PixelNetwork(), PixelNetwork()
    whole = Segmenter(network, ScaleRule(base_size), 10**9, stride=1)
    tiled = Segmenter(network_of_tiles, ScaleRule(base_size), MOST, stride=1)
    assert not tiled.is_seen_at_once(*size)
    probabilities = tiled.probabilities(image)
    assert (probabilities.shape, probabilities.dtype) == ((3, *size), np.float32)
    assert np.array_equal(probabilities, whole.probabilities(image))
    mask = tiled.mask(image)
    assert (mask.shape, mask.dtype) == (size, np.uint8)
    assert np.array_equal(mask, whole.mask(image))
    assert len(network.shapes) == 2
    assert len(set(network_of_tiles.shapes)) == 1
    assert max(height * width for _, height, width, _ in network_of_tiles.shapes) <= MOST


def test_at_aligned_sizes_the_answer_lies_on_the_pixels_that_were_looked_at() -> None:
    image = np.zeros((56, 121, 3), np.uint8)
    image[:, 112] = (0, 255, 0)  # the last but one of the columns that are looked at, in both
    of_column = PixelNetwork().probabilities(image[np.newaxis], (56, 121))[0][1, 20, 112]
    aligned = Segmenter(StrideNetwork(), ScaleRule(None, is_aligned=True)).probabilities(image)[1, 20]
    assert (aligned.argmax(), aligned.max()) == (112, of_column)
    # of 120 columns the last that is looked at is 112, and its answer lies on 119
    off = Segmenter(StrideNetwork(), ScaleRule(None)).probabilities(image[:, :120])[1, 20]
    assert (off.argmax(), off.max()) == (119, of_column)


@pytest.mark.parametrize("size", [(601, 801), (600, 800), (607, 1000), (100, 2003), (300, 500)])
@pytest.mark.parametrize("base_size", [None, 700])
def test_tiles_draw_their_features_where_the_whole_picture_has_them(
    size: tuple[int, int], base_size: int | None
) -> None:
    image = noise(*size)
    whole, tiled = (Segmenter(StrideNetwork(), ScaleRule(base_size), most) for most in (10**9, MOST))
    assert not tiled.is_seen_at_once(*size)
    assert np.allclose(tiled.probabilities(image), whole.probabilities(image), atol=1e-4)


@pytest.mark.parametrize("size", [(40, 50), (500, 600)], ids=["at once", "in tiles"])
def test_answers_are_written_where_they_are_wanted(size: tuple[int, int]) -> None:
    segmenter = Segmenter(PixelNetwork(), ScaleRule(None), MOST, stride=1)
    image = noise(*size)
    mask, probabilities = np.full(size, 9, np.uint8), np.full((3, *size), 9, np.float32)
    assert segmenter.mask(image, out=mask) is mask
    assert segmenter.probabilities(image, out=probabilities) is probabilities
    assert np.array_equal(mask, segmenter.mask(image))
    assert np.array_equal(probabilities, segmenter.probabilities(image))


@pytest.mark.parametrize(("size", "batches"), [((40, 50), 1), ((500, 600), 2 * 9)], ids=["at once", "in tiles"])
def test_masks_of_several_pictures_are_those_of_each(size: tuple[int, int], batches: int) -> None:
    network = PixelNetwork()
    segmenter = Segmenter(network, ScaleRule(None), MOST)
    images = [noise(*size), noise(*size)[::-1]]
    masks = segmenter.masks(images)
    assert len(network.shapes) == batches
    assert all(np.array_equal(mask, segmenter.mask(image)) for mask, image in zip(masks, images))


def test_memory_does_not_grow_with_the_height_of_a_picture() -> None:
    peaks = []
    for height in (800, 3200):
        image = np.zeros((height, 800, 3), np.uint8)
        out = np.empty((height, 800), np.uint8)
        tracemalloc.start()
        Segmenter(PixelNetwork(), ScaleRule(None), MOST).mask(image, out)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]  # of a picture four times as high
    assert peaks[1] < 3 * 4 * 3200 * 800 / 3  # a third of all probabilities
