"""Street scenes, two epochs of each decoder: shows that real data with an ignored class runs, and without warnings.

    python -m benchmarks.camvid [samples]

Class 11 of CamVid is "void"; the label map sends it to ignore. ``samples`` bounds the training samples used, for
those in a hurry: at least a batch of 8; all 367 otherwise. Prints each decoder's mIOU and seconds, and every warning
line of the logs.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path

import semseg
from benchmarks.test_data import channels, first_samples
from tests.trained import archive_of

BATCH = 8  # samples
VOID_IS_IGNORED = {"map": {**{str(number): number for number in range(11)}, "255": 11}}


def main(most: int | None) -> None:
    if most is not None and most < BATCH:
        raise SystemExit(
            f"samples must be at least {BATCH}, the size of a batch, got {most}: give more, or none for all 367"
        )
    for algorithm in ("fcn", "psp", "deeplab"):
        with tempfile.TemporaryDirectory() as folder:
            print(train(algorithm, Path(folder), most), flush=True)


def train(algorithm: str, folder: Path, most: int | None) -> str:
    inputs = channels("camvid", VOID_IS_IGNORED, folder / "label_map")
    if most is not None:
        inputs.update(first_samples(inputs, most, folder))
    estimator = semseg.Estimator(instance_count=1, instance_type="local", output_path=folder)
    estimator.set_hyperparameters(
        algorithm=algorithm,
        use_pretrained_model=False,
        num_classes=11,
        num_training_samples=len(os.listdir(inputs["train"])),
        base_size=120,
        crop_size=64,
        epochs=2,
        optimizer="adam",
        learning_rate=0.001,
        mini_batch_size=BATCH,
        validation_mini_batch_size=BATCH,
    )
    log = io.StringIO()
    with contextlib.redirect_stdout(log):
        estimator.fit(inputs)
    results = archive_of(estimator).parent / "data"
    mean_iou = json.loads((results / "evaluation.json").read_text())["mIOU"]
    seconds = estimator.jobs[-1].describe()["TrainingTimeInSeconds"]
    warnings = [line for line in log.getvalue().splitlines() if "warning" in line.lower()]
    return "\n".join([f"{algorithm}: mIOU {mean_iou:.4f} in {seconds} s, {len(warnings)} warnings", *warnings])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else None)
