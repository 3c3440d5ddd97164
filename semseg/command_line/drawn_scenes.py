"""Drawn scenes to measure with: coloured shapes on noise, as JPEG, with masks of three classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.contract.channels import HALVES

CLASSES = 3  # the ground and two kinds of shapes
COLOURS = ((120, 120, 120), (210, 60, 50), (60, 90, 210))  # of the classes, before the noise
NOISE = 30  # the most that a channel of a pixel differs from its colour
JPEG_QUALITY = 90


@dataclass(frozen=True)
class Scenes:
    """How many there are, and how large.

    Attributes:
        width, height: in pixels.
        training, validation: how many of each.
    """

    width: int
    height: int
    training: int
    validation: int


def draw_scenes(folder: Path, scenes: Scenes) -> dict[str, str]:
    """Writes scenes, and returns the folder of each channel; the same scenes each time."""
    rng = np.random.default_rng(0)
    channels = {}
    for (images, masks), count in zip(HALVES, (scenes.training, scenes.validation)):
        for channel in (images, masks):
            (folder / channel).mkdir(parents=True)
            channels[channel] = str(folder / channel)
        for number in range(count):
            mask = _mask(rng, scenes)
            noise = rng.integers(-NOISE, NOISE + 1, (*mask.shape, 3))
            picture = np.clip(np.array(COLOURS)[mask] + noise, 0, 255).astype(np.uint8)
            Image.fromarray(picture).save(folder / images / f"{number:03}.jpg", quality=JPEG_QUALITY)
            Image.fromarray(mask).save(folder / masks / f"{number:03}.png")
    return channels


def _mask(rng: np.random.Generator, scenes: Scenes) -> np.ndarray:
    """Returns the classes of a scene, (height, width) uint8: two squares on the ground."""
    mask = np.zeros((scenes.height, scenes.width), np.uint8)
    side = min(scenes.width, scenes.height) // 3
    for number in range(1, CLASSES):
        top, left = rng.integers(0, scenes.height - side), rng.integers(0, scenes.width - side)
        mask[top : top + side, left : left + side] = number
    return mask
