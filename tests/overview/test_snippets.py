"""A training job as text to copy."""

from __future__ import annotations

import shlex

from semseg.command_line.train import train
from semseg.overview.snippets import training_as_command


def test_the_command_is_one_that_the_program_understands() -> None:
    values = {
        "num_classes": "3",
        "syncbn": "True",
        "_aux_loss": "False",
        "lr_scheduler_step": "10, 20",
        "_workers": "2",
    }
    settings = {"instance_type": "local_gpu", "output_path": "my models", "max_run": "60"}
    for data in ("my data", {"train": "a", "train_annotation": "b", "validation": "c", "validation_annotation": "d"}):
        words = shlex.split(training_as_command(data, "horses", values, settings).replace("\\\n", ""))
        assert words[:2] == ["semseg", "train"]
        given = train.make_context("train", words[2:]).params
        assert (given["hyperparameter_syncbn"], given["hyperparameter_aux_loss"]) == (True, False)
        assert (given["name"], given["output_path"], given["max_run"]) == ("horses", "my models", 60)
        assert given["data"] == (data if isinstance(data, str) else None)
        assert given["train"] == (None if isinstance(data, str) else "a")
