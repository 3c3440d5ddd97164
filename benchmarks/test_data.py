"""The real pictures that benchmarks run on; they are not part of the project."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

CHANNELS = ("train", "train_annotation", "validation", "validation_annotation")
REPOSITORY = Path(__file__).resolve().parent.parent


def data_set(name: str) -> Path:
    """Returns the folder of ``camvid`` or ``weizmann_horse``, below SEMSEG_TEST_DATA or ../shared/data."""
    folder = Path(os.environ.get("SEMSEG_TEST_DATA", REPOSITORY.parent / "shared" / "data")) / name
    if not folder.is_dir():
        raise SystemExit(f"{folder} is not there: set SEMSEG_TEST_DATA to the folder that holds {name}")
    return folder


def channels(name: str, label_map: Mapping[str, object], folder: Path) -> dict[str, str]:
    """Returns the five channels of a data set; the label map, the same for both halves, is written to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for half in ("train", "validation"):
        (folder / f"{half}_label_map.json").write_text(json.dumps(label_map))
    return {**{channel: str(data_set(name) / channel) for channel in CHANNELS}, "label_map": str(folder)}


def first_samples(inputs: dict[str, str], most: int, folder: Path) -> dict[str, str]:
    """Returns folders with links to the first ``most`` samples of the training channels."""
    linked = {}
    for channel in ("train", "train_annotation"):
        (folder / channel).mkdir()
        for path in sorted(Path(inputs[channel]).iterdir())[:most]:
            (folder / channel / path.name).symlink_to(path)
        linked[channel] = str(folder / channel)
    return linked
