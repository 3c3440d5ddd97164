"""The published recipe of Pascal VOC 2012, on a small folder that is laid out as the challenge's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.endtoend import ROOT, draw_sample

SECONDS = 280
CAT, DOG, BORDER = 8, 12, 255
SMALL = ["--from-scratch", "--epochs", "1", "--base-size", "48", "--crop-size", "24", "--mini-batch-size", "2"]


def write_voc(folder: Path) -> None:
    """Four pictures for training, two for validation and one that no list names; masks have a palette and borders."""
    for part in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (folder / part).mkdir(parents=True)
    names = [f"2007_00000{number}" for number in range(7)]
    for number, name in enumerate(names):
        image, classes = draw_sample(number, 48, 36)
        Image.fromarray(image).save(folder / "JPEGImages" / f"{name}.jpg")
        mask = Image.fromarray(np.choose(np.minimum(classes, 3), [0, CAT, DOG, BORDER]).astype(np.uint8), "P")
        mask.putpalette([value * 37 % 256 for value in range(768)])
        mask.save(folder / "SegmentationClass" / f"{name}.png")
    for half, listed in (("train", names[:4]), ("val", names[4:6])):
        (folder / "ImageSets" / "Segmentation" / f"{half}.txt").write_text("".join(f"{name}\n" for name in listed))


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "examples" / "voc12.py"), *arguments],
        env={**os.environ, "SEMSEG_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.engine
@pytest.mark.slow
def test_the_recipe_trains_on_a_folder_of_the_challenge(tmp_path: Path) -> None:
    write_voc(tmp_path / "VOCdevkit" / "VOC2012")
    done = run(tmp_path, "VOCdevkit", *SMALL)
    assert done.returncode == 0, done.stderr
    assert "21 classes, 4 training and 2 validation pictures; 1 epoch of 2 iterations" in done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("mIOU of whole pictures: 0.")
    mask = np.asarray(Image.open(tmp_path / "voc12_output" / "data" / "train_annotation" / "2007_000000.png"))
    assert set(np.unique(mask)) == {0, CAT, DOG, BORDER}
    assert set(mask[0]) == {BORDER}


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, str(tmp_path))
    assert (done.returncode, done.stderr) == (
        1,
        f"{tmp_path} must hold the folders JPEGImages and SegmentationClass, or be VOCdevkit with VOC2012 in it\n",
    )
