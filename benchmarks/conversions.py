"""Shows that converted data sets train to the same parameters, bit for bit, as their plain folders.

    python -m benchmarks.conversions [samples]

CamVid and the horses are written as COCO's run lengths, LabelMe's masks, CVAT's masks of colours and Ground Truth's
manifest, and converted back; their pictures and masks are compared byte by byte with the plain ones. Then one epoch is
trained on each, with one thread, and the parameters are compared. ``samples`` (16) are for training, a quarter as many
for validation.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

import semseg
from benchmarks.test_data import CHANNELS, data_set
from semseg.data.labels.label_map import LabelMap
from tests.conversion.every_format import Plain, convert, write
from tests.trained import archive_of

FORMS = ("coco", "labelme", "colours", "ground_truth")
CAMVID = (
    *("sky", "building", "pole", "road", "pavement", "tree"),
    *("sign", "fence", "car", "pedestrian", "bicyclist"),
)
HALVES = (("train", "train_annotation"), ("validation", "validation_annotation"))


@dataclass(frozen=True)
class Source:
    """A data set of real pictures.

    Attributes:
        folder: its name among the test data.
        names: of its classes.
        label_map: that its masks need.
    """

    folder: str
    names: tuple[str, ...]
    label_map: Mapping[str, object]


SOURCES = (
    Source("camvid", CAMVID, {"map": {**{str(number): number for number in range(11)}, "255": 11}}),
    Source("weizmann_horse", ("background", "horse"), {"map": {"0": 0, "1": 255}}),
)


def main(samples: int) -> None:
    os.environ["OMP_NUM_THREADS"] = "1"  # sums in one order
    for source in SOURCES:
        with tempfile.TemporaryDirectory() as folder:
            print(*compare(source, samples, Path(folder)), sep="\n", flush=True)


def compare(source: Source, samples: int, folder: Path) -> list[str]:
    """Returns a line for each format: whether files and parameters are those of the plain folders."""
    channels = first_samples(source, samples, folder / "plain")
    plain = read_plain(source, channels)
    expected = trained(channels, source, folder / "jobs")
    lines = []
    for form in FORMS:
        with contextlib.redirect_stdout(io.StringIO()):
            converted = convert(plain, form, write(plain, form, folder), folder / f"{form}_data")
        files = "equal" if same_files(plain, Path(converted.folder)) else "DIFFERENT"
        parameters = "equal" if trained(converted.channels, source, folder / "jobs") == expected else "DIFFERENT"
        lines.append(f"{source.folder} from {form}: pictures and masks {files}, parameters {parameters}")
    return lines


def first_samples(source: Source, samples: int, folder: Path) -> dict[str, str]:
    """Returns the channels of a part of a data set, as links."""
    channels = {}
    for half, count in zip(HALVES, (samples, max(1, samples // 4))):
        for channel in half:
            (folder / channel).mkdir(parents=True)
            for path in sorted((data_set(source.folder) / channel).iterdir())[:count]:
                (folder / channel / path.name).symlink_to(path)
            channels[channel] = str(folder / channel)
    (folder / "label_map").mkdir()
    for images, _ in HALVES:
        (folder / "label_map" / f"{images}_label_map.json").write_text(json.dumps(source.label_map))
    return {**channels, "label_map": str(folder / "label_map")}


def read_plain(source: Source, channels: Mapping[str, str]) -> Plain:
    """Returns the classes of all masks, as the label map gives them."""
    label_map = LabelMap.from_json(json.dumps(source.label_map))
    pictures, masks = {}, {}
    for images, labels in HALVES:
        for path in sorted(Path(channels[images]).iterdir()):
            pictures[path.stem] = path
            with Image.open(Path(channels[labels]) / f"{path.stem}.png") as mask:
                masks[path.stem] = label_map.apply(np.asarray(mask))
    validation = [path.stem for path in sorted(Path(channels["validation"]).iterdir())]
    return Plain(pictures, masks, source.names, validation)


def same_files(plain: Plain, folder: Path) -> bool:
    """Returns whether a folder has the pictures byte for byte, and the masks pixel for pixel."""
    found = {path.stem: path for images, _ in HALVES for path in (folder / images).iterdir()}
    masks = {path.stem: path for _, labels in HALVES for path in (folder / labels).iterdir()}
    if not found.keys() == masks.keys() == plain.pictures.keys():
        return False
    pictures = all(path.read_bytes() == plain.pictures[name].read_bytes() for name, path in found.items())
    return pictures and all(np.array_equal(np.asarray(Image.open(masks[name])), plain.masks[name]) for name in masks)


def trained(channels: Mapping[str, str], source: Source, folder: Path) -> bytes:
    """Returns the parameter file of a job of one epoch."""
    estimator = semseg.Estimator(instance_count=1, instance_type="local", output_path=folder)
    estimator.set_hyperparameters(
        algorithm="fcn",
        use_pretrained_model=False,
        num_classes=len(source.names),
        num_training_samples=len(list(Path(channels["train"]).iterdir())),
        base_size=96,
        crop_size=48,
        epochs=1,
        mini_batch_size=4,
        validation_mini_batch_size=4,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        estimator.fit({name: channels[name] for name in (*CHANNELS, "label_map")})
    with tarfile.open(archive_of(estimator)) as archive:
        file = archive.extractfile("model_algo-1")
        assert file is not None
        return file.read()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 16)
