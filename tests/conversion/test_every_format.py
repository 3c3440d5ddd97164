"""One data set comes out of every format the same: its pictures byte for byte, its masks pixel for pixel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.conversion.converted import Converted
from tests.conversion.annotation_files import masks_of
from tests.conversion.every_format import VOID, WRITERS, Plain, convert, drawn, write


def pictures_of(converted: Converted) -> Mapping[str, bytes]:
    folders = (converted.folder / channel for channel in ("train", "validation"))
    return {path.stem: path.read_bytes() for folder in folders for path in folder.rglob("*.*")}


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize(("seed", "names"), [(1, ("sky", "road", "tree")), (2, ("dog", "cat"))])
def test_pictures_and_masks_come_out_as_they_were(tmp_path: Path, form: str, seed: int, names: tuple[str, ...]) -> None:
    plain = drawn(tmp_path, seed, names)
    converted = convert(plain, form, write(plain, form, tmp_path), tmp_path / "data")
    assert {name: mask.tolist() for name, mask in masks_of(converted).items()} == {
        name: mask.tolist() for name, mask in plain.masks.items()
    }
    assert pictures_of(converted) == {name: path.read_bytes() for name, path in plain.pictures.items()}
    assert converted.validation.count == 1
    assert converted.num_classes == len(names)


@pytest.mark.parametrize("form", ["coco", "labelme", "colours", "ground_truth"])
def test_real_street_scenes_come_out_as_they_were(tmp_path: Path, form: str, camvid: Path) -> None:
    files = sorted((camvid / "train").glob("*.jpg"))[:3]
    masks = {path.stem: np.array(Image.open(camvid / "train_annotation" / f"{path.stem}.png")) for path in files}
    classes = {name: np.where(mask == 11, VOID, mask).astype(np.uint8) for name, mask in masks.items()}
    plain = Plain({path.stem: path for path in files}, classes, [f"class {n}" for n in range(11)], [files[0].stem])
    converted = convert(plain, form, write(plain, form, tmp_path), tmp_path / "data")
    found = masks_of(converted)
    assert all(np.array_equal(found[name], mask) for name, mask in classes.items())
    assert found.keys() == classes.keys()
