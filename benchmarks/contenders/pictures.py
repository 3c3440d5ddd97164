"""The pictures that all contenders get: as JPEG files for endpoints, and as arrays of the same pixels."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.test_data import data_set

COUNT = 6
CALIBRATION = 16  # pictures for INT8


def write_pictures(folder: Path, quick: bool) -> dict[str, tuple[int, int]]:
    """Writes ``<size>_<n>.jpg``, ``<size>.npy`` and ``calibration.npy``, (N, H, W, 3) uint8, to ``folder``.

    Street scenes of camvid, 480 x 360 as they are and 240 x 240 cut from their middle at two thirds of their size;
    drawn ones where it is to go ``quick``.

    Returns:
        the names of the sizes, as width x height, with (height, width).
    """
    if quick:
        calibration = [drawn_picture(number) for number in range(COUNT)]
        sizes = {"64x48": calibration}
    else:
        found = {half: sorted((data_set("camvid") / half).glob("*.jpg")) for half in ("train", "validation")}
        whole = [file.read_bytes() for file in spread(found["validation"], COUNT)]
        sizes = {"240x240": [cut(jpeg, 320, 240) for jpeg in whole], "480x360": whole}
        calibration = [cut(file.read_bytes(), 320, 240) for file in spread(found["train"], CALIBRATION)]
    for name, jpegs in sizes.items():
        for number, jpeg in enumerate(jpegs):
            (folder / f"{name}_{number}.jpg").write_bytes(jpeg)
        np.save(folder / f"{name}.npy", np.stack([pixels(jpeg) for jpeg in jpegs]))
    np.save(folder / "calibration.npy", np.stack([pixels(jpeg) for jpeg in calibration]))
    return {name: size_of(jpegs[0]) for name, jpegs in sizes.items()}


def size_of(jpeg: bytes) -> tuple[int, int]:
    height, width = pixels(jpeg).shape[:2]
    return height, width


def pixels(jpeg: bytes) -> np.ndarray:
    """Returns the pixels of a picture, (H, W, 3) uint8, RGB."""
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))


def cut(jpeg: bytes, width: int, height: int) -> bytes:
    """Returns the square in the middle of the picture scaled to this size."""
    left = (width - height) // 2
    scaled = Image.fromarray(pixels(jpeg)).resize((width, height), Image.Resampling.BILINEAR)
    return as_jpeg(scaled.crop((left, 0, left + height, height)))


def drawn_picture(seed: int) -> bytes:
    """Returns a picture of 64 x 48 pixels with soft blots."""
    blots = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return as_jpeg(Image.fromarray(blots).resize((64, 48), Image.Resampling.BICUBIC))


def as_jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()


def spread(files: list[Path], count: int) -> list[Path]:
    """Returns ``count`` of the files, at even distances."""
    return [files[number * len(files) // count] for number in range(count)]
