"""Pictures with their masks laid over, as one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.drawing.class_colours import class_colours
from semseg.drawing.contact_sheet import TILE
from semseg.errors import ChannelError, UserError
from semseg.inspection.show import show
from tests.inspection.test_check import write_half


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_half(tmp_path / "data", "train", [[0, 1], [1, 0], [0, 255], [1, 1]], width=12)
    write_half(tmp_path / "data", "validation", [[0, 1]], width=12)
    return tmp_path / "data"


def pixels_of(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        assert (picture.format, picture.mode) == ("PNG", "RGB")
        return np.asarray(picture).astype(int)


def test_each_class_has_its_colour_over_the_picture_and_in_the_legend(data: Path, tmp_path: Path) -> None:
    path = show(data, tmp_path / "one.png", count=1)
    sheet = pixels_of(path)
    first, second = class_colours(2)[:2].astype(int)
    top, height, beside = 10, TILE // 2, 10 + TILE + 5
    plain, over = sheet[top : top + height, 10 : 10 + TILE], sheet[top : top + height, beside : beside + TILE]
    assert plain.reshape(-1, 3).min(axis=0).tolist() == [0, 5, 9]  # the picture of sample 0 is of one colour
    assert np.abs(over[90, 90] - (0.55 * first + 0.45 * np.array([0, 5, 9]))).max() <= 1
    assert np.abs(over[90, 270] - (0.55 * second + 0.45 * np.array([0, 5, 9]))).max() <= 1
    legend = sheet[top + height + 20 :]
    assert all((legend == colour).all(axis=2).sum() > 100 for colour in (first, second))


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (2, 1), (3, 2), (6, 2)])
def test_as_many_pictures_are_shown_as_there_are(data: Path, tmp_path: Path, count: int, rows: int) -> None:
    path = show(str(data), str(tmp_path / "some.png"), count)
    assert (len(pixels_of(path)) - 60) // (TILE // 2) == rows


def test_a_picture_that_is_there_is_replaced_whole(data: Path, tmp_path: Path) -> None:
    (tmp_path / "some.png").write_text("old")
    assert len(pixels_of(show(data, tmp_path / "some.png", channel="validation"))) > TILE // 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "some.png"]


def test_what_cannot_be_shown_is_told(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="count must be 1 to 100, got 0"):
        show(data, tmp_path / "none.png", 0)
    with pytest.raises(UserError, match="channel must be train or validation, got 'test'"):
        show(data, tmp_path / "none.png", channel="test")
    (data / "train" / "0.png").write_bytes(b"no picture")
    with pytest.raises(ChannelError, match=r"train/0\.png"):
        show(data, tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()
