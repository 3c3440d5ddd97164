"""Draws scenes, trains a network on them, deploys it and draws one prediction, in a few minutes on two processors.

Run it as ``python examples/quickstart.py [folder]``. The data and the picture ``prediction.png`` go to the folder,
by default ``quickstart_output``. It needs no account.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image
from scenes import CLASSES, write_scenes

import semseg
from semseg.deserializers import ProbabilityDeserializer
from semseg.pictures import overlay, side_by_side

TRAINING_SCENES, VALIDATION_SCENES = 160, 24


def main(folder: Path) -> None:
    started = time.monotonic()
    write_scenes(folder, "train", TRAINING_SCENES, seed=1)
    write_scenes(folder, "validation", VALIDATION_SCENES, seed=2)

    estimator = semseg.Estimator(instance_count=1, instance_type="local", output_path=str(folder / "models"))
    estimator.set_hyperparameters(
        algorithm="fcn",
        backbone="resnet-50",
        use_pretrained_model=False,
        num_classes=len(CLASSES),
        num_training_samples=TRAINING_SCENES,
        base_size=128,
        crop_size=64,
        epochs=6,
        optimizer="adam",
        learning_rate=0.001,
        mini_batch_size=8,
        validation_mini_batch_size=8,
    )
    channels = ("train", "train_annotation", "validation", "validation_annotation")
    estimator.fit({channel: str(folder / channel) for channel in channels})

    predictor = estimator.deploy(initial_instance_count=1, instance_type="local")
    try:
        show_prediction(predictor, folder)
    finally:
        predictor.delete_endpoint()

    mean_iou = print_table(Path(estimator.model_data.removeprefix("file://")).parent / "data" / "evaluation.json")
    print(f"mIOU of whole pictures: {mean_iou:.4f}, in {time.monotonic() - started:.0f} seconds")


def show_prediction(predictor: semseg.Predictor, folder: Path) -> None:
    """Asks the endpoint for the mask and the probabilities of a scene that was not in the training, and draws them."""
    write_scenes(folder, "unseen", 1, seed=3)
    path = folder / "unseen" / "scene_000.jpg"
    mask = predictor.predict(path)
    predictor.deserializer = ProbabilityDeserializer()
    probabilities = predictor.predict(path)
    if not np.array_equal(probabilities.argmax(axis=0), mask):
        raise SystemExit("the arg-max of the probabilities is not the mask")
    image = np.asarray(Image.open(path))
    truth = np.asarray(Image.open(folder / "unseen_annotation" / "scene_000.png"))
    row = side_by_side([image, overlay(image, truth), overlay(image, mask)])
    row.resize((row.width * 4, row.height * 4), Image.Resampling.NEAREST).save(folder / "prediction.png")
    print(f"image | truth | prediction: {folder / 'prediction.png'}")


def print_table(path: Path) -> float:
    """Prints a table with the IoU of each class on the validation scenes, and returns their mIOU, 0 to 1."""
    evaluation = json.loads(path.read_text())
    for name, entry in zip(CLASSES, evaluation["classes"]):
        print(f"{name:8s} IoU {entry['IoU']:.4f} over {entry['labelled_pixels']} pixels")
    return float(evaluation["mIOU"])


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "quickstart_output"))
