"""The samples that all contenders train on, as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.contenders.pictures import drawn_picture
from benchmarks.test_data import data_set

CLASSES = 11
VOID, IGNORE = 11, 255  # in camvid's masks, and here
DRAWN = 8


def write_samples(folder: Path, quick: bool) -> int:
    """Fills ``train`` and ``train_annotation`` in a folder, and returns the number of samples.

    They are the street scenes of camvid, as many as are there, 480 x 360; drawn ones, 64 x 48, where it is to go
    ``quick``.
    """
    for channel in ("train", "train_annotation"):
        (folder / channel).mkdir(parents=True)
    (draw if quick else link)(folder)
    return len(list((folder / "train").iterdir()))


def link(folder: Path) -> None:
    """Links the pictures, and writes the masks in the values that training knows."""
    source = data_set("camvid")
    for picture in sorted((source / "train").glob("*.jpg")):
        (folder / "train" / picture.name).symlink_to(picture.resolve())
        mask = np.array(Image.open(source / "train_annotation" / f"{picture.stem}.png"))
        mask[mask == VOID] = IGNORE
        write_mask(folder, picture.stem, mask)


def draw(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(DRAWN):
        (folder / "train" / f"{number}.jpg").write_bytes(drawn_picture(number))
        write_mask(folder, str(number), rng.integers(0, CLASSES, (48, 64)).astype(np.uint8))


def write_mask(folder: Path, name: str, mask: np.ndarray) -> None:
    Image.fromarray(mask).save(folder / "train_annotation" / f"{name}.png")
