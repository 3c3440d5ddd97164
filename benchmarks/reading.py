"""Measures how many training samples a second one core brings from files to crops, beside GluonCV's own way.

    python -m benchmarks.reading [--rounds 9] [--save docs/measurements.md]

Reads camvid from the folder in SEMSEG_TEST_DATA, ../shared/data where that is not set: 480 x 360 as it is, and enlarged
to 1280 x 960 in a temporary folder. All ways take turns in one process on one core. What counts is the processor time
of the process, which others on the machine disturb least; the wall time is shown beside it. Takes three minutes.
Without GluonCV only our own ways are measured.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import cv2
import numpy as np
from PIL import Image

from benchmarks.contenders.reading_before import crop_of
from benchmarks.document import put_between_markers, shown, table
from benchmarks.test_data import data_set
from semseg.contract.hyperparameters import NONE, STRONG
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.kept_samples import KeptSamples
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import Sample
from semseg.engines.normalization import MEAN, STD, normalize
from semseg.plumbing.kept_arrays import new_arrays

BASE_SIZE = 520
CROP_SIZES = (240, 480)
SAMPLES = 24
CLASSES = 12  # of camvid, with what is void there
LARGE = (1280, 960)
ENOUGH = 2**30  # bytes, for all samples
JPEG_QUALITY = 90  # of the enlarged pictures
GLUONCV, BEFORE, READ, MASKS, KEPT, PLAIN, STRONGER, RARE, NORMALISED, DECODED = (
    "GluonCV, normalised",
    "semseg 0.3.0, normalised",
    "semseg, nothing kept",
    "semseg, masks kept alone",
    "semseg, kept in memory",
    "semseg, kept, _augmentation_type=none",
    "semseg, kept, _augmentation_type=strong",
    "semseg, kept, rare_class_crops=1",
    "semseg, kept, normalised by numpy",
    "decoding alone, by OpenCV",
)

Way = Callable[[int], Any]  # brings the sample of a number to its crop


@dataclass
class Seen:
    """The milliseconds a sample that a way took, in each round."""

    busy: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=9)
    asked.add_argument("--save", type=Path)
    given = asked.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for size, samples in {"480x360": camvid(), "1280x960": enlarged(camvid(), Path(folder))}.items():
            for crop_size in CROP_SIZES:
                seen = measured(ways(samples, crop_size), len(samples), given.rounds)
                parts.append(report(f"{size}, crop {crop_size}", seen))
                print(parts[-1], end="\n\n", flush=True)
    if given.save is not None:
        given.save.write_text(put_between_markers(given.save.read_text(), "\n\n".join(parts)))


def camvid() -> list[Sample]:
    folder = data_set("camvid")
    images = sorted((folder / "train").iterdir())[:SAMPLES]
    return [Sample(image, folder / "train_annotation" / f"{image.stem}.png", image.stem) for image in images]


def files_of(sample: Sample) -> tuple[Path, Path]:
    """The image and the mask of a sample that lies on this machine."""
    assert isinstance(sample.image, Path)
    assert isinstance(sample.mask, Path)
    return sample.image, sample.mask


def enlarged(samples: list[Sample], folder: Path) -> list[Sample]:
    """Returns the samples at 1280 x 960, written to a folder."""
    large = []
    for sample in samples:
        image, mask = folder / f"{sample.name}.jpg", folder / f"{sample.name}.png"
        stored = files_of(sample)
        Image.open(stored[0]).resize(LARGE, Image.Resampling.BICUBIC).save(image, quality=JPEG_QUALITY)
        Image.open(stored[1]).resize(LARGE, Image.Resampling.NEAREST).save(mask)
        large.append(Sample(image, mask, sample.name))
    return large


def ways(samples: list[Sample], crop_size: int) -> dict[str, Way]:
    """Returns all ways that can be measured here, by their names."""
    found = {BEFORE: way_of_030(samples, crop_size)}
    if importlib.util.find_spec("gluoncv"):
        found = {GLUONCV: gluoncv_way(samples, crop_size), **found}
    kept, whole_mask = our_way(samples, TrainingTransform(BASE_SIZE, crop_size), ENOUGH), mask_size(samples)

    def normalised(index: int) -> Any:
        image, mask = kept(index)
        return normalize(image[np.newaxis])[0], mask

    return {
        **found,
        READ: our_way(samples, TrainingTransform(BASE_SIZE, crop_size), 0),
        MASKS: our_way(samples, TrainingTransform(BASE_SIZE, crop_size), int(1.12 * whole_mask)),
        KEPT: kept,
        PLAIN: our_way(samples, TrainingTransform(BASE_SIZE, crop_size, kind=NONE), ENOUGH),
        STRONGER: our_way(samples, TrainingTransform(BASE_SIZE, crop_size, kind=STRONG), ENOUGH),
        RARE: our_way(samples, TrainingTransform(BASE_SIZE, crop_size, rare_class_crops=1.0), ENOUGH),
        NORMALISED: normalised,
        DECODED: decoding_alone(samples),
    }


def mask_size(samples: list[Sample]) -> int:
    """Returns the bytes of a decoded mask."""
    width, height = Image.open(files_of(samples[0])[1]).size
    return int(width * height)


def our_way(samples: list[Sample], transform: TrainingTransform, room: int) -> Way:
    """Returns a function that brings a sample to its crop in uint8, in which the engines take it; ``room`` is for what
    is kept, in bytes: little more than one mask has room for all masks if they are packed.
    """
    dataset = Dataset(samples, LabelMap.identity(), CLASSES, "train")
    if room:
        dataset.kept = KeptSamples(new_arrays(2 * len(samples), room), dataset.label_map, CLASSES)
    rng = np.random.default_rng(0)
    return lambda index: transform(*dataset.read(index), rng)


def way_of_030(samples: list[Sample], crop_size: int) -> Way:
    """Returns a function that reads a sample as this benchmark measured it until version 0.3.0."""
    dataset, rng = Dataset(samples, LabelMap.identity(), CLASSES, "train"), np.random.default_rng(0)

    def read(index: int) -> Any:
        image, mask = crop_of(*dataset.read(index), BASE_SIZE, crop_size, rng)
        return normalize(image[np.newaxis])[0], mask

    return read


def gluoncv_way(samples: list[Sample], crop_size: int) -> Way:
    """Returns a function that reads a sample as GluonCV's folder datasets do in training mode."""
    import benchmarks.contenders.gluoncv_alone  # noqa: F401, I001 - lets GluonCV be imported
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


def decoding_alone(samples: list[Sample]) -> Way:
    """Returns a function that reads and decodes both files of a sample, and does nothing with them."""
    files = [files_of(sample) for sample in samples]
    return lambda index: [
        cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), how)
        for file, how in zip(files[index], (cv2.IMREAD_COLOR, cv2.IMREAD_UNCHANGED))
    ]


def measured(contenders: Mapping[str, Way], samples: int, rounds: int) -> dict[str, Seen]:
    """Returns what each way took; the first round only warms up, and keeps samples where they are kept."""
    seen: dict[str, Seen] = {name: Seen() for name in contenders}
    for number in range(rounds + 1):
        for name, read in contenders.items():
            busy, wall = time.process_time(), time.perf_counter()
            for index in range(samples):
                read(index)
            if number:
                seen[name].busy.append(1000 * (time.process_time() - busy) / samples)
                seen[name].wall.append(1000 * (time.perf_counter() - wall) / samples)
    return seen


def report(title: str, seen: Mapping[str, Seen]) -> str:
    """Returns a table of the medians, and how many times as many samples a second as GluonCV's way brings."""
    busy, wall = ({name: statistics.median(getattr(each, kind)) for name, each in seen.items()} for kind in KINDS)
    rows = [
        [
            name,
            f"{busy[name]:.2f}",
            f"{wall[name]:.2f}",
            f"{1000 / busy[name]:.0f}",
            *(shown(times[GLUONCV] / times[name] if GLUONCV in times else None, "{:.1f}") for times in (busy, wall)),
        ]
        for name in seen
    ]
    return table([title, "ms of the processor", "ms of the clock", "samples/s", "times GluonCV", "by the clock"], rows)


KINDS = ("busy", "wall")


if __name__ == "__main__":
    main()
