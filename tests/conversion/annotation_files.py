"""Small pictures, and annotations of them as other tools write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from semseg.conversion.converted import Converted

WIDTH, HEIGHT = 8, 6


def write_pictures(folder: Path, names: Sequence[str], size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    """Writes a picture of its own content for each name."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (20 * number + 10, 30, 40)).save(path)


def write_mask(path: Path, mask: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(mask, np.uint8)).save(path)


def write_json(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def masks_of(converted: Converted) -> dict[str, np.ndarray]:
    """Returns the new masks of both sides by the names of their samples."""
    found = {}
    for channel in ("train_annotation", "validation_annotation"):
        for path in sorted((converted.folder / channel).rglob("*.png")):
            name = path.relative_to(converted.folder / channel).with_suffix("").as_posix()
            found[name] = np.array(Image.open(path))
    return found


def coco(annotations: Sequence[Mapping[str, Any]], pictures: int = 2, categories: Any = None) -> dict[str, Any]:
    """Returns the content of a COCO file for the pictures a.png, b.png, ..., whose ids are 10, 11, ..."""
    return {
        "images": [
            {"id": 10 + number, "file_name": f"{'abcdefgh'[number]}.png", "width": WIDTH, "height": HEIGHT}
            for number in range(pictures)
        ],
        "categories": categories or [{"id": 3, "name": "cat"}, {"id": 90, "name": "dog"}],
        "annotations": [dict(annotation) for annotation in annotations],
    }


def box(left: int, top: int, right: int, bottom: int) -> list[float]:
    """Returns a polygon of COCO's for a box: it covers the pixels from ``left`` to ``right`` - 1."""
    return [left, top, right, top, right, bottom, left, bottom]
