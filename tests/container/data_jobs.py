"""Jobs of which only the data is checked, without an engine."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from semseg.container.data_check import DataCheck
from semseg.container.splits import Split, open_splits
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog
from tests.endtoend import CHANNELS, ROOT

FIELD = Path(os.environ.get("SEMSEG_TEST_DATA", ROOT.parent / "shared" / "data")) / "field"
FILE_MODE = {"TrainingInputMode": "File"}


def job_directory(root: Path, mode: Mapping[str, str] = FILE_MODE) -> JobDirectory:
    """A job of four channels, whose folders are not there yet."""
    directory = JobDirectory(root)
    directory.input_data_config.parent.mkdir(parents=True)
    directory.input_data_config.write_text(json.dumps(dict.fromkeys(CHANNELS, mode)))
    return directory


def write_pairs(directory: JobDirectory, half: str, count: int, width: int = 6, height: int = 4) -> None:
    """``count`` images 0.jpg, 1.jpg, ... of one colour each, with masks of classes 0 and 1 in equal parts."""
    images, masks = directory.channel(half), directory.channel(f"{half}_annotation")
    images.mkdir(parents=True)
    masks.mkdir()
    for number in range(count):
        colour = (len(half), number // 256, number % 256)
        Image.new("RGB", (width, height), colour).save(images / f"{number}.jpg")
        Image.fromarray(np.arange(width * height, dtype=np.uint8).reshape(height, width) % 2).save(
            masks / f"{number}.png"
        )


def good_job(root: Path, train: int = 4, validation: int = 2) -> JobDirectory:
    """A job whose data has no fault."""
    directory = job_directory(root)
    write_pairs(directory, "train", train)
    write_pairs(directory, "validation", validation)
    return directory


def field_input(kind: str, root: Path) -> JobDirectory:
    """A job over a data set from the field."""
    if not (FIELD / kind).is_dir():
        pytest.skip(f"{kind} is not here: set SEMSEG_TEST_DATA")
    directory = job_directory(root)
    shutil.copytree(FIELD / kind, directory.channel("train").parent)
    return directory


def checked(
    directory: JobDirectory,
    log: io.StringIO | None = None,
    workers: int = 0,
    facts_folder: str | None = None,
    **hyperparameters: Any,
) -> tuple[Split, Split]:
    """The halves after their check."""
    given = Hyperparameters(**{"num_classes": 2, "num_training_samples": 4, **hyperparameters})
    written = JobLog(log or io.StringIO())
    splits = open_splits(directory, given.num_classes, lambda: None, written)
    return DataCheck(directory, given, workers, written, 1, facts_folder).run(splits)[0]


def refused(directory: JobDirectory, **hyperparameters: Any) -> list[str]:
    """What ends a job, a line for each problem."""
    with pytest.raises(ChannelError) as refusal:
        checked(directory, **hyperparameters)
    head, *problems, report = str(refusal.value).splitlines()
    assert head == f"the channels cannot be used, {len(problems)} problem{'s' * (len(problems) != 1)}:"
    assert report == f"The whole report is {report_path(directory)}."
    return problems


def report_path(directory: JobDirectory) -> Path:
    """Where the report of a job is."""
    return directory.output_data / "dataset.json"


def report_of(directory: JobDirectory) -> dict[str, Any]:
    """The report of a job."""
    report: dict[str, Any] = json.loads(report_path(directory).read_text())
    return report
