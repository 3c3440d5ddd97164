"""Trains recipes from scratch, each in a bounded time, and prints what they reach.

    python -m benchmarks.records [fcn psp deeplab horses] [--minutes 45] [--engine pytorch] [--scores FILE.json]
                                 [--output FOLDER]

FCN, PSP and DeepLab on CamVid within 45 minutes each, and the Weizmann horses within 8, ResNet-50 from scratch. Each is
a job with a time budget: it has as many epochs as the machine does in that time. The scores are of whole validation
pictures, each seen at three sizes and mirrored; the minutes are those of the whole job, from its start to its end.

--minutes is for those in a hurry: all jobs have this time.
--scores keeps the rows in a file as the jobs end; a job whose row is there is not trained again.
--output keeps the jobs' models and results in a folder, in one of each job's name.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import semseg
from benchmarks.budget import epochs_of
from benchmarks.camvid import VOID_IS_IGNORED
from benchmarks.document import table
from benchmarks.horses import HORSE_IS_255
from benchmarks.kept_scores import KeptScores
from benchmarks.test_data import channels

HEADS = ["job", "minutes", "epochs", "mIOU", "lowest IoU of a class", "IoU of each class"]

# What all jobs have
SHARED: dict[str, object] = {
    "use_pretrained_model": False,
    "validation_mini_batch_size": 8,
    "test_time_augmentation": "multiscale",
}
# Of sky, building, pole, road, pavement, tree, sign, fence, car, pedestrian, bicyclist: those of balanced, that of
# poles three times as large, all to the power of 0.6
POLES = "0.9, 0.8, 4.5, 0.8, 1.4, 1.1, 2.0, 2.1, 1.3, 2.5, 3.1"
# The pictures' own size, few samples a step, so that there are many steps, and crops that show what few pixels have
STREET: dict[str, object] = {
    "num_classes": 11,
    "mini_batch_size": 4,
    "base_size": 480,
    "crop_size": 240,
    "aligned_sizes": True,
    "loss": "cross_entropy+lovasz",
    "optimizer": "adamw",
    "weight_decay": 0.01,
    "learning_rate": 0.0005,
    "lr_scheduler": "cosine",
    "warmup_epochs": 0.5,
    "ema_decay": 0.995,
    "class_weights": POLES,
    "rare_class_crops": 0.33,
}
HORSE: dict[str, object] = {
    "num_classes": 2,
    "mini_batch_size": 8,
    "base_size": 128,
    "crop_size": 128,
    "aligned_sizes": True,
    "loss": "cross_entropy+lovasz",
    "optimizer": "adam",
    "learning_rate": 0.001,
    "lr_scheduler": "poly",
    "ema_decay": 0.99,
}


@dataclass(frozen=True)
class Record:
    """A job that is to reach as much as it can.

    Attributes:
        data: the name of the data set.
        label_map: of both halves.
        minutes: that the whole job may take.
        recipe: its hyperparameters beside those that all have.
    """

    data: str
    label_map: Mapping[str, object]
    minutes: float
    recipe: Mapping[str, object]


RECORDS = {
    **{
        name: Record("camvid", VOID_IS_IGNORED, 45, {**STREET, "algorithm": name}) for name in ("fcn", "psp", "deeplab")
    },
    "horses": Record("weizmann_horse", HORSE_IS_255, 8, {**HORSE, "algorithm": "fcn"}),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.records")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(RECORDS))
    parser.add_argument("--minutes", type=float, help="of each job")
    parser.add_argument("--engine", default="auto", choices=("auto", "mxnet", "pytorch"))
    parser.add_argument("--scores", type=Path, help="a JSON file of this benchmark")
    parser.add_argument("--output", type=Path, help="a folder for the models, which are removed without it")
    options = parser.parse_args()
    if unknown := set(options.names) - set(RECORDS):
        parser.error(f"names must be of {', '.join(RECORDS)}, got {', '.join(sorted(unknown))}")
    kept: KeptScores[list[str]] = KeptScores(options.scores)
    for name in options.names or RECORDS:
        record = RECORDS[name]
        minutes = options.minutes or record.minutes
        row = kept.of(name, partial(train, record, minutes, options.engine, options.output))
        print(table(HEADS, [[name, *row]]), flush=True)
    return 0


def train(record: Record, minutes: float, engine: str, output: Path | None) -> list[str]:
    """Trains a job, and returns what its row says of it; its model is kept in ``output``, where that is given."""
    with tempfile.TemporaryDirectory() as folder:
        return trained_in(output or Path(folder), Path(folder), record, minutes, engine)


def trained_in(output: Path, scratch: Path, record: Record, minutes: float, engine: str) -> list[str]:
    """Trains a job whose model goes into ``output`` and its label map into ``scratch``."""
    estimator = semseg.Estimator(instance_count=1, instance_type="local", output_path=output)
    budget = {"time_budget": f"{60 * minutes:g}s", "engine": engine}
    estimator.set_hyperparameters(**{**SHARED, **record.recipe, **budget})
    with contextlib.redirect_stdout(io.StringIO()):
        estimator.fit(channels(record.data, record.label_map, scratch / "label_map"))
    seconds = estimator.jobs[-1].describe()["TrainingTimeInSeconds"]
    evaluation = estimator.evaluation()
    classes = [scores.iou or 0.0 for scores in evaluation.classes]
    each = " ".join(f"{iou:.2f}" for iou in classes)
    figures = (f"{evaluation.mean_iou:.4f}", f"{min(classes):.3f}")
    return [f"{seconds / 60:.1f}", str(epochs_of(estimator)), *figures, each]


if __name__ == "__main__":
    sys.exit(main())
