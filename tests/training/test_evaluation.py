from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from semseg.training.batches import Batch
from semseg.training.evaluation import score_crops, score_pictures
from tests.prediction.fake_network import BrightnessNetwork, half_bright


def test_crops_of_any_shape_are_scored_and_counted() -> None:
    masks = np.zeros((2, 4, 6), np.uint8)
    masks[:, 0] = 1  # of the six pixels of the first row, three are bright
    seen: list[int] = []
    matrix = score_crops(BrightnessNetwork(), [Batch(np.stack([half_bright(4, 6)] * 2), masks, 2)], seen.append)
    assert matrix.counts.tolist() == [[18, 18], [6, 6]]
    assert seen == [2]


class ThreePictures:
    """Three pictures of 40 x 60 pixels, bright on their right half; every pixel is of class 1."""

    def one_pass(self) -> Iterator[int]:
        return iter(range(3))

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        return half_bright(40, 60), np.ones((40, 60), np.uint8)


def test_pictures_are_scored_whole_and_counted_one_by_one() -> None:
    seen: list[int] = []
    matrix = score_pictures(BrightnessNetwork(), ThreePictures(), base_size=60, workers=0, seen=seen.append)
    assert matrix.counts.tolist() == [[0, 0], [3600, 3600]]
    assert seen == [1, 1, 1]
