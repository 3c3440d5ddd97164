"""Looks at channels: of facts counted by hand, and of folders of pictures."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from semseg.contract.findings import Finding
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.labels.label_map import LabelMap
from semseg.data.look.channel_look import ChannelLook
from semseg.data.look.judgment import judge
from semseg.data.pictures.facts import ImageFacts, MaskFacts
from semseg.data.pictures.image_files import look_at_image, look_at_mask

DATA = Path(os.environ.get("SEMSEG_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))

Pixels = Mapping[int, int]  # of each pixel value of a mask the number of its pixels


def an_image(name: str = "", orientation: int = 1, bits: int = 8, highest: int = 0, width: int = 4) -> ImageFacts:
    """Facts of an image with 2 rows; those of one name have the same content."""
    digest = hashlib.blake2b(name.encode(), digest_size=16).digest()
    return ImageFacts(width, 2, orientation, bits, highest, digest)


def a_mask(pixels: Pixels, width: int = 4, height: int = 2, palette: bytes | None = None) -> MaskFacts:
    """Facts of a mask."""
    counts = np.zeros(256, np.int64)
    counts[list(pixels)] = list(pixels.values())
    return MaskFacts(width, height, counts, palette)


def look_of(masks: Sequence[Pixels], channel: str = "train") -> ChannelLook:
    """A look at masks with so many pixels of each value, called 0.png, 1.png, ... and different images."""
    look = ChannelLook(channel)
    for number, pixels in enumerate(masks):
        names = (f"{channel}/{number}.jpg", f"{channel}_annotation/{number}.png")
        look.add(names, an_image(f"{channel}{number}"), a_mask(pixels))
    return look


def settings(num_classes: int = 2, **others: object) -> Hyperparameters:
    """The hyperparameters of a job."""
    strings = {"num_classes": str(num_classes), "num_training_samples": "9"}
    return Hyperparameters.from_strings({**strings, **{name: str(value) for name, value in others.items()}})


def map_of(label_map: str | None) -> LabelMap:
    """A label map from its JSON; without one the rule that a pixel value is its class."""
    return LabelMap.identity() if label_map is None else LabelMap.from_json(label_map)


def judged(
    training: ChannelLook,
    validation: ChannelLook,
    num_classes: int = 2,
    label_map: str | None = None,
    devices: int = 1,
    **others: object,
) -> list[Finding]:
    """What is said of both, with one label map."""
    maps = (map_of(label_map), map_of(label_map))
    return judge(training, validation, maps, settings(num_classes, **others), devices)


def judged_masks(
    training: Sequence[Pixels],
    validation: Sequence[Pixels] | None = None,
    num_classes: int = 2,
    label_map: str | None = None,
) -> list[Finding]:
    """What is said of masks; those of validation are the same if not given."""
    looks = look_of(training), look_of(training if validation is None else validation, "validation")
    return judged(*looks, num_classes, label_map)


def field(name: str) -> tuple[ChannelLook, ChannelLook]:
    """Looks at both halves of a small data set as people have it."""
    folder = DATA / "field" / name
    if not folder.is_dir():
        pytest.skip(f"no data set in {folder}: set SEMSEG_TEST_DATA")
    return look_at(folder, "train"), look_at(folder, "validation")


def look_at(folder: Path, channel: str) -> ChannelLook:
    """Looks at the pictures of one half below a folder."""
    look = ChannelLook(channel)
    for path in sorted((folder / channel).iterdir()):
        mask = folder / f"{channel}_annotation" / f"{path.stem}.png"
        names = f"{channel}/{path.name}", f"{channel}_annotation/{mask.name}"
        look.add(names, look_at_image(path)[1], look_at_mask(mask)[1])
    return look
