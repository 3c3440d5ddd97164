"""Trains on horses from scratch, and prints the mIOU after a few minutes, and the endpoint's on the same pictures.

    python -m benchmarks.horses

Trains FCN on ResNet-50 on the Weizmann horses, without any pretrained weights, then asks the endpoint for every
validation picture and compares its mIOU with that of evaluation.json. Ends with exit code 1 where they differ.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import semseg
from benchmarks.test_data import channels, data_set
from semseg.results.confusion_matrix import ConfusionMatrix
from tests.trained import archive_of

HORSE_IS_255 = {"map": {"0": 0, "1": 255}}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        estimator = train(Path(folder))
        description = estimator.jobs[-1].describe()
        evaluation = json.loads((archive_of(estimator).parent / "data" / "evaluation.json").read_text())
        asked, per_picture = ask_endpoint(estimator)
    print(f"training seconds: {description['TrainingTimeInSeconds']}")
    print(f"evaluation.json:  mIOU {evaluation['mIOU']:.6f}")
    print(f"endpoint:         mIOU {asked:.6f}, {per_picture * 1000:.0f} ms a picture")
    return 0 if asked == evaluation["mIOU"] else 1


def train(folder: Path) -> semseg.Estimator:
    estimator = semseg.Estimator(instance_count=1, instance_type="local", output_path=folder)
    estimator.set_hyperparameters(
        algorithm="fcn",
        backbone="resnet-50",
        use_pretrained_model=False,
        num_classes=2,
        num_training_samples=263,
        base_size=48,
        crop_size=48,
        epochs=11,
        optimizer="adam",
        learning_rate=0.001,
        lr_scheduler="poly",
        mini_batch_size=8,
        validation_mini_batch_size=8,
    )
    estimator.fit(channels("weizmann_horse", HORSE_IS_255, folder / "label_map"))
    return estimator


def ask_endpoint(estimator: semseg.Estimator) -> tuple[float, float]:
    """Returns the mIOU of the endpoint's masks of all validation pictures, and the mean seconds of an answer."""
    predictor = estimator.deploy(1, "local")
    matrix = ConfusionMatrix(num_classes=2)
    try:
        pictures = sorted((data_set("weizmann_horse") / "validation").iterdir())
        started = time.perf_counter()
        for path in pictures:
            truth = np.asarray(Image.open(path.parent.parent / "validation_annotation" / f"{path.stem}.png"))
            matrix.add((truth == 255).astype(np.uint8), predictor.predict(path))
        return matrix.mean_iou(), (time.perf_counter() - started) / len(pictures)
    finally:
        predictor.delete_endpoint()


if __name__ == "__main__":
    sys.exit(main())
