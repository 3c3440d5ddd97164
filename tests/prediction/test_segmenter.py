from __future__ import annotations

import numpy as np
import pytest

from semseg.prediction.segmenter import Segmenter
from tests.prediction.fake_network import BrightnessNetwork, half_bright, half_mask


class RecordingNetwork(BrightnessNetwork):
    """Keeps the last batch that it was shown."""

    def mask(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        self.images = images
        return super().mask(images, size)


def test_a_picture_within_the_range_is_shown_as_it_is():
    network = RecordingNetwork()
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    Segmenter(network, base_size=40).mask(image)
    assert np.array_equal(network.images, image[np.newaxis])


@pytest.mark.parametrize(
    ("size", "base_size", "shown"),
    [((200, 100), 40, (80, 40)), ((10, 5), 40, (20, 10)), ((30, 40), 40, (30, 40)), ((200, 100), None, (200, 100))],
)
def test_the_network_is_shown_the_working_size_and_answers_at_the_pictures_own(size, base_size, shown):
    network = BrightnessNetwork()
    segmenter = Segmenter(network, base_size)
    mask = segmenter.mask(half_bright(*size))
    probabilities = segmenter.probabilities(half_bright(*size))
    assert network.shapes == [(1, *shown, 3)] * 2
    assert (mask.shape, mask.dtype) == (size, np.uint8)
    assert (probabilities.shape, probabilities.dtype) == ((2, *size), np.float32)


def test_mask_and_probabilities_agree():
    segmenter = Segmenter(BrightnessNetwork(), base_size=40)
    probabilities = segmenter.probabilities(half_bright(30, 44))
    assert np.array_equal(segmenter.mask(half_bright(30, 44)), half_mask(30, 44))
    assert probabilities[:, 3, 3].tolist() == [0.75, 0.25]
    assert np.array_equal(probabilities.argmax(axis=0), half_mask(30, 44))


def test_a_large_picture_is_resized_bilinearly():
    network = RecordingNetwork()
    image = np.zeros((4, 160, 3), np.uint8)
    image[:, 80:] = 200
    Segmenter(network, base_size=40).mask(image)
    # 160 -> 80 columns: each new column weighs 4 old ones by 1/8, 3/8, 3/8, 1/8; those at the edge see across it
    edge = np.array([0, 200 / 8, 200 * 7 / 8, 200])
    expected = np.broadcast_to(edge.round()[None, :, None], (2, 4, 3))
    assert np.allclose(network.images[0, :, 38:42], expected, atol=1)
