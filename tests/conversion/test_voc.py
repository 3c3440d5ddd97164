"""Pascal VOC's folders become those of a job."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.conversion.voc import from_voc
from semseg.errors import ChannelError
from tests.conversion.annotation_files import masks_of, write_mask, write_pictures

CAT, DOG = 8, 12  # of VOC's 21 classes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, of which two are for training; the mask of c holds a border of 255."""
    names = ("a", "b", "c")
    write_pictures(tmp_path / "voc" / "JPEGImages", [f"{name}.jpg" for name in names])
    for name, values in zip(names, ([0, CAT], [0, DOG], [DOG, 255])):
        write_mask(tmp_path / "voc" / "SegmentationClass" / f"{name}.png", np.tile(np.repeat(values, 4), (6, 1)))
    lists = tmp_path / "voc" / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\nb\n")
    (lists / "val.txt").write_text("c\n")
    (lists / "trainval.txt").write_text("a\nb\nc\n")
    return tmp_path / "voc"


def test_the_lists_say_which_pictures_are_for_validation(tmp_path: Path, folder: Path) -> None:
    result = from_voc(folder, tmp_path / "data")
    assert result.num_classes == 21
    assert result.classes[CAT] == "cat"
    assert sorted(path.name for path in (tmp_path / "data" / "train").iterdir()) == ["a.jpg", "b.jpg"]
    assert masks_of(result)["c"][0].tolist() == [DOG] * 4 + [255] * 4
    assert result.validation.pixels == {DOG: 24}


def test_classes_are_renumbered_in_the_order_that_is_asked_for(tmp_path: Path, folder: Path) -> None:
    result = from_voc(folder, tmp_path / "data", classes=["dog", "background"], others="ignore", validation=["a"])
    assert masks_of(result)["a"][0].tolist() == [1] * 4 + [255] * 4
    assert masks_of(result)["b"][0].tolist() == [1] * 4 + [0] * 4
    assert result.validation.count == 1


def test_what_is_missing_is_told(tmp_path: Path, folder: Path) -> None:
    (folder / "JPEGImages" / "a.jpg").unlink()
    (folder / "SegmentationClass" / "b.png").unlink()
    write_mask(folder / "SegmentationClass" / "c.png", np.full((6, 7), 30))
    with pytest.raises(ChannelError) as raised:
        from_voc(folder, tmp_path / "data")
    assert str(raised.value).splitlines()[1:] == [
        f"a: there must be a file 'a.jpg' in {folder / 'JPEGImages'}: put it there, or name another folder",
        f"b: there must be a file 'b.png' in {folder / 'SegmentationClass'}: put it there, or name another folder",
        "c: its pixel values must each have a class, got 30",
    ]
    with pytest.raises(ChannelError, match="JPEGImages must be a folder, got"):
        from_voc(folder / "JPEGImages", tmp_path / "data")
