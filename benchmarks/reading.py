"""Measures how many samples a second one core reads, changes at random and normalises, compared with GluonCV's own way.

    python -m benchmarks.reading

Reads camvid (480 x 360) from the folder in SEMSEG_TEST_DATA, ../shared/data where that is not set. Both ways go from
the files to a normalised float32 array and an integer mask; they take turns in one process on one core, and the
medians of the rounds are compared. Takes less than a minute. Without GluonCV only our own way is measured.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from pathlib import Path
from typing import Any, Callable

import numpy as np
from PIL import Image

from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.label_map import LabelMap
from semseg.data.samples import Sample, pair_samples
from semseg.engines.normalization import MEAN, STD, normalize

BASE_SIZE = 520
CROP_SIZES = (240, 480)
SAMPLES = 60
CLASSES = 12  # of camvid, with what is void there
ROUNDS = 9

Way = Callable[[int], Any]


def main() -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    data = Path(os.environ.get("SEMSEG_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")) / "camvid"
    samples = pair_samples(data / "train", data / "train_annotation", "train")[0][:SAMPLES]
    if not samples:
        raise SystemExit(f"no pictures in {data}: set SEMSEG_TEST_DATA to a folder with camvid in it")
    for crop_size in CROP_SIZES:
        ways = {"semseg": our_way(samples, crop_size)}
        if importlib.util.find_spec("gluoncv"):
            ways["GluonCV"] = gluoncv_way(samples, crop_size)
        report(crop_size, rates(ways, len(samples)))


def our_way(samples: list[Sample], crop_size: int) -> Way:
    dataset, transform = (
        Dataset(samples, LabelMap.identity(), CLASSES, "train"),
        TrainingTransform(BASE_SIZE, crop_size),
    )
    rng = np.random.default_rng(0)

    def read(index: int) -> Any:
        image, mask = transform(*dataset.read(index), rng)
        return normalize(image[np.newaxis])[0], mask

    return read


def files_of(sample: Sample) -> tuple[Path, Path]:
    """The image and the mask of a sample that lies on this machine."""
    assert isinstance(sample.image, Path)
    assert isinstance(sample.mask, Path)
    return sample.image, sample.mask


def gluoncv_way(samples: list[Sample], crop_size: int) -> Way:
    """Returns a function that reads a sample as GluonCV's folder datasets do in training mode."""
    from gluoncv.data.segbase import SegmentationDataset
    from mxnet.gluon.data.vision import transforms

    normalized = transforms.Compose([transforms.ToTensor(), transforms.Normalize(MEAN, STD)])
    files = [files_of(sample) for sample in samples]
    dataset = SegmentationDataset(str(files[0][0].parent), "train", "train", normalized, BASE_SIZE, crop_size)

    def read(index: int) -> Any:
        image_file, mask_file = files[index]
        picture = Image.open(image_file).convert("RGB")
        image, mask = dataset._sync_transform(picture, Image.open(mask_file))
        image = normalized(image)
        image.wait_to_read()
        mask.wait_to_read()
        return image, mask

    return read


def rates(ways: dict[str, Way], samples: int) -> dict[str, float]:
    """Returns the samples per second, the median of all rounds; the first round only warms up."""
    seen: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS + 1):
        for name, read in ways.items():
            started = time.perf_counter()
            for index in range(samples):
                read(index)
            seen[name].append(samples / (time.perf_counter() - started))
    return {name: statistics.median(values[1:]) for name, values in seen.items()}


def report(crop_size: int, seen: dict[str, float]) -> None:
    shown = ", ".join(f"{name} {rate:.0f} samples/s" for name, rate in seen.items())
    ratio = f", ratio {seen['semseg'] / seen['GluonCV']:.2f}" if "GluonCV" in seen else ""
    print(f"crop_size {crop_size}, one core: {shown}{ratio}")


if __name__ == "__main__":
    main()
