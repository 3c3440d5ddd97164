"""Masks of colours in a job, and the names of its classes, as far as they are known before training."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from semseg.archive.class_names import write_class_names
from semseg.container.job import class_names
from semseg.container.splits import open_splits
from semseg.contract.job_directory import JobDirectory
from semseg.data.dataset import Dataset
from semseg.training.job_log import JobLog
from tests.container.test_class_check import checked, go_on, refusal_of
from tests.container.test_train import FILE_MODE, lay_out
from tests.endtoend import CHANNELS, ROOT

FIELD = Path(os.environ.get("SEMSEG_TEST_DATA", ROOT.parent / "shared" / "data")) / "field" / "colour-masks"
LISTED = {
    "colors": {"0": "#4682b4", "1": [250, 50, 83], "2": "51,221,255", "255": "#000000"},
    "names": ["sky", "building", "other"],
}
needs_field = pytest.mark.skipif(not FIELD.is_dir(), reason="the colour masks are not here: set SEMSEG_TEST_DATA")


def field_job(root: Path, label_map: Mapping[str, object] | None) -> JobDirectory:
    directory = lay_out(root, {"num_classes": 3})
    shutil.rmtree(directory.channel("train").parent)
    shutil.copytree(FIELD, directory.channel("train").parent)
    entries = dict.fromkeys(CHANNELS, FILE_MODE)
    if label_map is not None:
        directory.channel("label_map").mkdir()
        for half in ("train", "validation"):
            (directory.channel("label_map") / f"{half}_label_map.json").write_text(json.dumps(label_map))
        entries["label_map"] = FILE_MODE
    directory.input_data_config.write_text(json.dumps(entries))
    return directory


@needs_field
def test_real_colour_masks_are_read_by_the_colours_of_the_label_map(tmp_path: Path) -> None:
    directory = field_job(tmp_path, LISTED)
    log = checked(directory, num_classes=3)
    assert "WARNING" not in log
    assert "label map train: colour #fa3253 -> class 1 (building)" in log
    training, _ = open_splits(directory, 3, go_on, JobLog())
    assert isinstance(training.dataset, Dataset)
    masks = np.concatenate([training.dataset.read(place)[1] for place in range(4)])
    counts = np.bincount(masks.ravel(), minlength=256)
    # counted with Pillow's getcolors: #4682b4, #fa3253, #33ddff and #000000
    assert {int(value): int(counts[value]) for value in np.flatnonzero(counts)} == {
        0: 4866,
        1: 5635,
        2: 15286,
        255: 1861,
    }


@needs_field
def test_real_colour_masks_without_a_label_map_are_refused_with_their_colours(tmp_path: Path) -> None:
    sentences = " ".join(refusal_of(field_job(tmp_path, None), num_classes=3))
    assert "#33ddff in " in sentences
    assert '{"colors": {"' in sentences
    assert 'convert("L") would make brightness of the colours' in sentences


def test_the_names_of_a_job_are_those_of_its_label_maps(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"num_classes": 3})
    assert class_names(directory, {}, {}) == {}
    assert class_names(directory, {0: "sky"}, {0: "Himmel", 255: "void"}) == {0: "sky", 255: "void"}


def test_a_job_without_names_takes_those_of_the_model_that_it_goes_on_from(tmp_path: Path) -> None:
    directory = lay_out(tmp_path, {"num_classes": 3})
    directory.channel("model").mkdir()
    write_class_names(directory.channel("model"), {0: "sky", 1: "pole"})
    assert class_names(directory, {}, {}) == {0: "sky", 1: "pole"}
    assert class_names(directory, {1: "mast"}, {}) == {1: "mast"}
