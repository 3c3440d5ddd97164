"""Small data sets on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Union

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 32, 24


Values = tuple[Union[int, tuple[int, int, int]], ...]  # of masks: pixel values, or colours


def write_data(folder: Path, values: Values = (0, 1), count: int = 2) -> Path:
    """A data set of grey pictures; the left half of a mask has the first value, the right half the others in rows."""
    for half in ("train", "validation"):
        for name in (half, f"{half}_annotation"):
            (folder / name).mkdir(parents=True)
        for number in range(count):
            image = np.full((HEIGHT, WIDTH, 3), 10 * number, np.uint8)
            image[0, 0] = 255 if half == "train" else 128
            Image.fromarray(image).save(folder / half / f"p{number}.png")
            Image.fromarray(mask_of(values)).save(folder / f"{half}_annotation" / f"p{number}.png")
    return folder


def mask_of(values: Values) -> np.ndarray:
    """(HEIGHT, WIDTH) uint8 for pixel values, (HEIGHT, WIDTH, 3) uint8 for colours."""
    mask = np.tile(np.array(values[0], np.uint8), (HEIGHT, WIDTH, *([1] * isinstance(values[0], tuple))))
    for place, value in enumerate(values[1:]):
        mask[place :: len(values) - 1, WIDTH // 2 :] = value
    return mask
