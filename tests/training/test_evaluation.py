from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from semseg.prediction.scale import ScaleRule
from semseg.training.batches import Batch
from semseg.training.evaluation import Scored, WholePictures, score_crops, score_pictures
from tests.prediction.fake_network import BrightnessNetwork, half_bright


def test_crops_of_any_shape_are_scored_and_counted() -> None:
    masks = np.zeros((2, 4, 6), np.uint8)
    masks[:, 0] = 1  # of the six pixels of the first row, three are bright
    seen: list[Scored] = []
    matrix = score_crops(BrightnessNetwork(), [Batch(np.stack([half_bright(4, 6)] * 2), masks, 2)], seen.append)
    assert matrix.counts.tolist() == [[18, 18], [6, 6]]
    (scored,) = seen
    assert (scored.name, scored.samples, scored.counts.tolist()) == ("", 2, [[18, 18], [6, 6]])
    assert (scored.images[0] == half_bright(4, 6)).all()
    assert (scored.truths[1] == masks[1]).all()
    assert scored.predicted[1].tolist() == [[0, 0, 0, 1, 1, 1]] * 4


class ThreePictures:
    """Three pictures of 40 x 60 pixels, bright on their right half; every pixel is of class 1."""

    def one_pass(self) -> Iterator[int]:
        return iter(range(3))

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        return half_bright(40, 60), np.ones((40, 60), np.uint8)


def test_pictures_are_scored_whole_and_counted_one_by_one() -> None:
    seen: list[Scored] = []
    pictures = WholePictures(ThreePictures(), scale=ScaleRule(60), workers=0, name_of=lambda place: f"{place}.png")
    matrix = score_pictures(BrightnessNetwork(), pictures, seen.append)
    assert matrix.counts.tolist() == [[0, 0], [3600, 3600]]
    assert [scored.name for scored in seen] == ["0.png", "1.png", "2.png"]
    assert [scored.counts.tolist() for scored in seen] == [[[0, 0], [1200, 1200]]] * 3
