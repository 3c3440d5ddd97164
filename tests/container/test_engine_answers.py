"""The masks that an engine of the process computes, read and written as its endpoint would."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.container.engine_answers import EngineAnswers
from semseg.data.pictures.picture_reading import AS_STORED, PictureReading
from semseg.plumbing.ordered_map import ordered_map
from semseg.prediction.scale import ScaleRule
from semseg.prediction.segmenter import Segmenter
from tests.prediction.fake_network import BrightnessNetwork, half_bright, half_mask

ORIENTATION = 274


def answers(reading: PictureReading = AS_STORED, tile_pixels: int = 10_000) -> EngineAnswers:
    return EngineAnswers(Segmenter(BrightnessNetwork(), ScaleRule(None), tile_pixels), reading)


@pytest.fixture
def turned(tmp_path: Path) -> Path:
    """A picture of 4 x 8 pixels, the right half white, that is shown after a quarter turn to the right."""
    tags = Image.Exif()
    tags[ORIENTATION] = 6
    Image.fromarray(half_bright(4, 8)).save(tmp_path / "turned.png", exif=tags)
    return tmp_path / "turned.png"


def test_a_picture_is_read_by_the_rule_of_the_model(turned: Path) -> None:
    assert answers().answer(turned).mask.tolist() == half_mask(4, 8).tolist()
    shown = answers(PictureReading(is_turned=True)).answer(turned)
    assert shown.mask.tolist() == [[0] * 4] * 4 + [[1] * 4] * 4  # the right half is below now
    assert shown.image.shape == (8, 4, 3)


@pytest.mark.parametrize("tile_pixels", [10_000, 4_000])
def test_the_mask_beside_probabilities_is_the_same_as_without(tile_pixels: int) -> None:
    image = half_bright(60, 80)
    rooms: list[np.ndarray] = []

    def room(shape: tuple[int, int, int]) -> np.ndarray:
        rooms.append(np.zeros(shape, np.float32))
        return rooms[0]

    found = answers(tile_pixels=tile_pixels).answer(image, room)
    assert found.mask.tolist() == answers(tile_pixels=tile_pixels).answer(image).mask.tolist()
    assert rooms[0].shape == (2, 60, 80)
    assert sorted(set(rooms[0][:, 30, [0, 79]].reshape(-1).tolist())) == [0.25, 0.75]


def test_one_picture_at_a_time_is_computed_whoever_asks() -> None:
    class OneAtATime(BrightnessNetwork):
        def __init__(self) -> None:
            super().__init__()
            self.inside = threading.Lock()

        def probabilities(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
            assert self.inside.acquire(blocking=False)
            threading.Event().wait(0.005)  # others come meanwhile
            self.inside.release()
            return super().probabilities(images, size)

    network = OneAtATime()
    found = EngineAnswers(Segmenter(network, ScaleRule(None)), AS_STORED)
    for mask, confidence in ordered_map(lambda image: found.sure_mask(image, image), [half_bright(4, 8)] * 8, 4):
        assert confidence is not None
        assert (confidence == 0.75).all()
        assert mask.tolist() == half_mask(4, 8).tolist()
    assert len(network.threads) > 1
