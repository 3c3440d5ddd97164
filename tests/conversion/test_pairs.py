"""Folders of pictures and masks that are not split yet become those of a job."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from semseg.conversion.pairs import from_pairs, split
from semseg.errors import ChannelError, UserError
from tests.conversion.annotation_files import masks_of, write_mask, write_pictures

HALVES = np.repeat([[0, 1]], 6, axis=0).repeat(4, axis=1)


@pytest.mark.parametrize(("ending", "suffix"), [("_mask", "png"), (".jpg", "jpg"), ("_L", "jpeg")])
def test_masks_beside_pictures_are_taken_from_them(tmp_path: Path, ending: str, suffix: str) -> None:
    names = ["a", "sub/b", "sub/c"]
    write_pictures(tmp_path / "all", [f"{name}.{suffix}" for name in names])
    for name in names:
        write_mask(tmp_path / "all" / f"{name}{ending}.png", HALVES)
    result = from_pairs(tmp_path / "all", tmp_path / "data", mask_ending=ending, validation=["sub/c"])
    data = tmp_path / "data"
    assert sorted(path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()) == [
        *("label_map/train_label_map.json", "label_map/validation_label_map.json"),
        *(f"train/a.{suffix}", f"train/sub/b.{suffix}", "train_annotation/a.png", "train_annotation/sub/b.png"),
        *(f"validation/sub/c.{suffix}", "validation_annotation/sub/c.png"),
    ]
    assert (data / "train" / f"a.{suffix}").read_bytes() == (tmp_path / "all" / f"a.{suffix}").read_bytes()
    assert masks_of(result)["a"].tolist() == HALVES.tolist()


def test_two_folders_are_split_by_a_share(tmp_path: Path) -> None:
    names = [f"{number:02}" for number in range(20)]
    write_pictures(tmp_path / "images", [f"{name}.jpg" for name in names])
    for name in names:
        write_mask(tmp_path / "masks" / f"{name}.png", HALVES * 255)
    label_map = {"map": {"0": 0, "1": 255}}
    result = split(tmp_path / "images", tmp_path / "masks", tmp_path / "data", label_map=label_map, validation=0.25)
    assert (result.training.count, result.validation.count, result.num_classes) == (15, 5, 2)
    assert masks_of(result)["00"].tolist() == HALVES.tolist()
    assert result.training.share(1) == 0.5
    again = split(tmp_path / "images", tmp_path / "masks", tmp_path / "again", label_map=label_map, validation=0.25)
    other = split(
        tmp_path / "images", tmp_path / "masks", tmp_path / "other", label_map=label_map, validation=0.25, seed=1
    )
    sides = [sorted(path.name for path in (each.folder / "validation").iterdir()) for each in (result, again, other)]
    assert sides[0] == sides[1]
    assert sides[0] != sides[2]


def test_black_and_white_masks_without_a_label_map_are_told(tmp_path: Path) -> None:
    write_pictures(tmp_path / "all", ["a.jpg", "b.jpg"])
    for name in ("a", "b"):
        write_mask(tmp_path / "all" / f"{name}_mask.png", HALVES * 255)
    with pytest.raises(ChannelError) as raised:
        from_pairs(tmp_path / "all", tmp_path / "data")
    assert str(raised.value).splitlines()[1] == (
        "the masks: they must hold two classes at least, got class 0 alone: if 255 is a class and does not mean "
        'ignore, give label_map={"map": {"0": 0, "1": 255}}'
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all"]


def test_partners_that_are_missing_are_told_once(tmp_path: Path) -> None:
    write_pictures(tmp_path / "all", [f"{name}.jpg" for name in "abcde"])
    write_mask(tmp_path / "all" / "z_mask.png", HALVES)
    write_mask(tmp_path / "all" / "e_mask.png", HALVES[:3])
    with pytest.raises(ChannelError) as raised:
        from_pairs(tmp_path / "all", tmp_path / "data")
    assert str(raised.value).splitlines()[1:] == [
        "a.jpg, b.jpg, c.jpg and 1 more: a picture must have a mask beside it with the same name and _mask.png",
        "z_mask.png: a mask must have a picture",
        "e.jpg: a mask must have its picture's size, 8 x 6 pixels, got 8 x 3",
    ]


@pytest.mark.parametrize("share", [0, 1, -0.5, 20])
def test_a_share_is_above_0_and_below_1(tmp_path: Path, share: float) -> None:
    write_pictures(tmp_path / "all", ["a.jpg"])
    with pytest.raises(UserError, match="validation must be a share above 0 and below 1, or names, got"):
        from_pairs(tmp_path / "all", tmp_path / "data", validation=share)


def test_names_for_validation_must_be_those_of_pictures_and_leave_some(tmp_path: Path) -> None:
    write_pictures(tmp_path / "all", ["a.jpg", "b.jpg"])
    for name in ("a", "b"):
        write_mask(tmp_path / "all" / f"{name}_mask.png", HALVES)
    for names, sentence in (
        (["a", "c"], "'c': a name in validation must be that of a picture, without its suffix"),
        (["a", "b"], "validation: it must leave a picture on both sides"),
    ):
        with pytest.raises(ChannelError) as raised:
            from_pairs(tmp_path / "all", tmp_path / "data", validation=names)
        assert str(raised.value).splitlines()[1:] == [sentence]
