"""What each class weighs in the loss of a job whose hyperparameters say "balanced"."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.container.class_weights import tell_of_weights, weighed
from semseg.container.data_check import checked_splits
from semseg.container.job import write_hyperparams
from semseg.container.splits import open_splits
from semseg.contract.channels import FAST_FILE
from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.job_directory import JobDirectory
from semseg.data.look.class_weights import balanced_weights
from semseg.engines.group import ALONE, Group
from semseg.errors import ChannelError
from semseg.training.job_log import JobLog
from tests.container.data_jobs import good_job, job_directory, write_pairs
from tests.engines.group_of_threads import in_threads

BALANCED = Hyperparameters.from_strings({"num_classes": "4", "class_weights": "balanced", "bad_samples": "skip"})


def weights_after_check(
    directory: JobDirectory, log: io.StringIO, group: Group = ALONE, given: Hyperparameters = BALANCED
) -> str | tuple[float, ...]:
    """What the engine gets, after the check of the data."""
    written = JobLog(log)
    splits = open_splits(directory, given.num_classes, lambda: None, written)
    results = directory if group.rank == 0 else JobDirectory(directory.root / str(group.rank))
    _, checked = checked_splits(splits, results, given, 0, written, group, 1)
    tell_of_weights(checked, results, written)
    return weighed(checked, results).class_weights


def test_a_class_weighs_by_the_root_of_its_share_and_a_pixel_1_in_the_mean() -> None:
    # shares 1/4, 1/4, 0, 1/2: roots 1/2, 1/2, 0, 0.707107, which sum to 1.707107; 1 / (1/2 of that) is 1.17157
    assert balanced_weights([5, 5, 0, 10]) == (1.17157, 1.17157, 1, 0.828427)
    assert balanced_weights([0, 0]) == (1, 1)


def two_to_one_to_one(root: Path) -> JobDirectory:
    """A job whose label map makes the pixel values 0 and 9 class 0, 1 class 1 and 2 class 3; one sample is bad."""
    directory = good_job(root, train=10)
    for number in range(10):
        mask = np.array([[0, 9, 1, 2, 255, 255]] * 4, np.uint8)
        Image.fromarray(mask).save(directory.channel("train_annotation") / f"{number}.png")
    Image.new("L", (6, 4), 7).save(directory.channel("train_annotation") / "3.png")
    directory.channel("label_map").mkdir()
    content = {"map": {"0": [0, 9], "1": 1, "3": 2}}
    (directory.channel("label_map") / "train_label_map.json").write_text(json.dumps(content))
    config = json.loads(directory.input_data_config.read_text())
    directory.input_data_config.write_text(json.dumps({**config, "label_map": config["train"]}))
    return directory


def test_a_job_counts_the_pixels_that_it_trains_on_and_keeps_what_it_was_given(tmp_path: Path) -> None:
    directory, log = two_to_one_to_one(tmp_path), io.StringIO()
    assert weights_after_check(directory, log) == (0.828427, 1.17157, 1, 1.17157)
    assert (
        "class_weights is balanced, and a pixel of each class counts in the loss: "
        "0: 0.828427, 1: 1.17157, 2: 1, 3: 1.17157"
    ) in log.getvalue()
    write_hyperparams(directory, BALANCED)
    assert json.loads((directory.model / "hyperparams.json").read_text())["class_weights"] == "balanced"


def test_all_processes_of_a_job_have_the_same_weights(tmp_path: Path) -> None:
    directory = two_to_one_to_one(tmp_path)
    found = in_threads(2, lambda group: weights_after_check(directory, io.StringIO(), group))
    assert found == [(0.828427, 1.17157, 1, 1.17157)] * 2


def test_given_numbers_stay_as_they_are(tmp_path: Path) -> None:
    given = Hyperparameters.from_strings({"num_classes": "2", "class_weights": "1, 2.5"})
    assert weighed(given, JobDirectory(tmp_path)).class_weights == (1, 2.5)


def test_masks_that_are_read_during_training_cannot_balance(tmp_path: Path) -> None:
    directory = job_directory(tmp_path, {"TrainingInputMode": FAST_FILE})
    write_pairs(directory, "train", 4)
    write_pairs(directory, "validation", 2)
    with pytest.raises(ChannelError) as refusal:
        weights_after_check(directory, io.StringIO(), given=replace(BALANCED, bad_samples="fail"))
    assert str(refusal.value) == (
        "class_weights must be a number for each class, or left out, where masks are read during training, got "
        "balanced, and channel train is in FastFile mode: give it input mode File, or give the numbers that "
        "`semseg check` shows of the data"
    )
