"""Measures how the check of a job's data grows: processor seconds and memory for 1,000, 10,000 and 100,000 pairs.

    python -m benchmarks.checking [PAIRS ...]

Pictures are 16 x 16 pixels, so that everything but decoding shows. Each step runs in a process of its own, after the
folder was read once. An exponent of 1 means: ten times the files, ten times the seconds.
"""

from __future__ import annotations

import io
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from semseg.container.data_check import DataCheck
from semseg.container.splits import open_splits
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.samples import find_samples
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog

SIZES = (1_000, 10_000, 100_000)
SIDE = 16  # pixels
PER_FOLDER = 5_000  # files
HYPERPARAMETERS = Hyperparameters(num_classes=2, num_training_samples=1)
WORKERS = 2


def main() -> None:
    if len(sys.argv) > 2 and sys.argv[1] in STEPS:
        print(json.dumps(measured(STEPS[sys.argv[1]], Path(sys.argv[2]))))
        return
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    rows = {size: row_of(size) for size in sizes}
    print("| pairs | " + " | ".join(f"{step}: s | MiB" for step in STEPS) + " |")
    print("|---|" + "---|" * 2 * len(STEPS))
    for size, row in rows.items():
        cells = (f"{seconds:.2f} | {mib:.0f}" for seconds, mib in row.values())
        print(f"| {size:,} | {' | '.join(cells)} |")
    for step in STEPS:
        for small, large in zip(sizes, sizes[1:]):
            ratio = rows[large][step][0] / rows[small][step][0]
            print(f"{step}: exponent from {small:,} to {large:,} pairs {math.log(ratio) / math.log(large / small):.2f}")


def row_of(size: int) -> dict[str, tuple[float, float]]:
    """Returns the processor seconds and the MiB of each step for so many pairs."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_job(root, size)
        time.sleep(2.1)  # younger files are not kept
        found = {}
        for step in STEPS:
            command = [sys.executable, "-m", "benchmarks.checking", step, folder]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[step] = tuple(json.loads(output.splitlines()[-1]))
        return found


def write_job(root: Path, size: int) -> None:
    """Writes a job's folders with so many training pairs, no two alike, and ten for validation."""
    directory = JobDirectory(root)
    directory.input_data_config.parent.mkdir(parents=True)
    channels = ("train", "train_annotation", "validation", "validation_annotation")
    entries = {channel: {"TrainingInputMode": "File"} for channel in channels}
    directory.input_data_config.write_text(json.dumps(entries))
    mask = encoded(np.arange(SIDE * SIDE, dtype=np.uint8).reshape(SIDE, SIDE) % 2)
    for channel, count in (("train", size), ("validation", 10)):
        for number in range(count):
            name = f"{number // PER_FOLDER:03}/street_{number:06}.png"
            pixels = np.full((SIDE, SIDE, 3), len(channel), np.uint8)
            pixels[0, 0] = number >> 16, number >> 8 & 255, number & 255
            write(directory.channel(channel) / name, encoded(pixels))
            write(directory.channel(f"{channel}_annotation") / name, mask)
            if channel == "train":
                write(root / "masks with an ending" / name.replace(".png", "_mask.png"), mask)


def encoded(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png", compress_level=1)
    return file.getvalue()


def write(path: Path, content: bytes) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True)
    path.write_bytes(content)


def measured(step: Callable[[JobDirectory], None], root: Path) -> tuple[float, float]:
    """Returns the processor seconds of one step, and the most memory of this process in MiB."""
    started = time.process_time()
    step(JobDirectory(root))
    seconds = time.process_time() - started
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def pair(directory: JobDirectory) -> None:
    found = find_samples(directory.channel("train"), directory.channel("train_annotation"), "train")
    assert not found.findings


def pair_with_an_ending(directory: JobDirectory) -> None:
    found = find_samples(directory.channel("train"), directory.root / "masks with an ending", "train")
    assert [finding.cause for finding in found.findings] == ["name-ending"]


def check(directory: JobDirectory) -> None:
    log = JobLog(io.StringIO())
    splits = open_splits(directory, HYPERPARAMETERS.num_classes, lambda: None, log)
    facts = str(directory.root / "facts")
    try:
        DataCheck(directory, HYPERPARAMETERS, WORKERS, log, 1, facts).run(splits)
    except ChannelError as error:
        raise SystemExit(str(error)) from error


STEPS: Mapping[str, Callable[[JobDirectory], None]] = {
    "pair": pair,
    "pair with an ending": pair_with_an_ending,
    "check": check,
    "check again": check,
}

if __name__ == "__main__":
    main()
