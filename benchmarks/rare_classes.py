"""Trains on CamVid with and without what should help classes that few pixels have, for equally many steps.

    python -m benchmarks.rare_classes [--seeds 0,1,2] [--recipes default,balanced] [--scores FILE.json]
                                      [--save DOCUMENT.md] [--quick]

FCN on ResNet-50 from scratch. Prints the mIOU and the IoU of the rare classes on whole validation pictures: the mean of
the seeds, the lowest and the highest.

--scores keeps the scores of each job in a file as it ends; a job whose scores are there is not trained again.
--save writes the table into a document, between its two markers, and a picture beside it.
--quick takes few pictures, one seed and one epoch: it shows that the benchmark runs, and its figures mean nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import mean

import semseg
from benchmarks import document
from benchmarks.camvid import BATCH, VOID_IS_IGNORED
from benchmarks.document import BLUE, DARK_BLUE, GREY, table
from benchmarks.kept_scores import KeptScores
from benchmarks.test_data import channels, first_samples

RARE = {"pole": 2, "sign": 6, "fence": 7, "pedestrian": 9, "bicyclist": 10}
MIOU = "mIOU"
# What each recipe sets beside the hyperparameters that all of them have.
RECIPES: dict[str, dict[str, object]] = {
    "default": {},
    "balanced": {"class_weights": "balanced", "rare_class_crops": 0.33},
    "dice": {"loss": "cross_entropy+dice"},
    "balanced and dice": {"class_weights": "balanced", "rare_class_crops": 0.33, "loss": "cross_entropy+dice"},
}
ASKED = ["default", "balanced", "dice"]  # where none are named
EPOCHS = 6

Scores = dict[str, float]  # the mIOU, and the IoU of each rare class


def main() -> int:
    options = parsed()
    began = time.monotonic()
    measured: dict[str, list[Scores]] = {recipe: [] for recipe in options.recipes}
    kept: KeptScores[Scores] = KeptScores(options.scores)
    for seed, recipe in itertools.product(options.seeds, options.recipes):
        scores = kept.of(f"{recipe}, {seed}", partial(train, RECIPES[recipe], seed, options.quick))
        measured[recipe].append(scores)
        print(f"{recipe}, {seed}: " + ", ".join(f"{name} {value:.3f}" for name, value in scores.items()), flush=True)
    described = "the mIOU and the IoU of each rare class, a bar for each recipe"
    text = report(measured)
    document.publish(text, len(options.seeds), began, options.save, partial(draw, measured), described)
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rare_classes")
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[0, 1, 2])
    parser.add_argument("--recipes", type=lambda text: text.split(","), default=ASKED, help=", ".join(RECIPES))
    parser.add_argument("--scores", type=Path, help="a JSON file of this benchmark")
    parser.add_argument("--save", type=Path, help="a document with the two markers")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    if options.quick:
        options.seeds = options.seeds[:1]
    if unknown := set(options.recipes) - set(RECIPES):
        parser.error(f"--recipes must be of {', '.join(RECIPES)}, got {', '.join(sorted(unknown))}")
    return options


def train(recipe: Mapping[str, object], seed: int, quick: bool) -> Scores:
    """Trains a job, and returns its scores on whole validation pictures."""
    with tempfile.TemporaryDirectory() as folder:
        return trained_in(Path(folder), recipe, seed, quick)


def trained_in(folder: Path, recipe: Mapping[str, object], seed: int, quick: bool) -> Scores:
    inputs = channels("camvid", VOID_IS_IGNORED, folder / "label_map")
    if quick:
        inputs.update(first_samples(inputs, 2 * BATCH, folder))
    estimator = semseg.Estimator(instance_count=1, instance_type="local", output_path=folder)
    estimator.set_hyperparameters(
        algorithm="fcn",
        seed=seed,
        use_pretrained_model=False,
        num_classes=11,
        num_training_samples=len(os.listdir(inputs["train"])),
        base_size=180,
        crop_size=96,
        epochs=1 if quick else EPOCHS,
        optimizer="adam",
        learning_rate=0.001,
        mini_batch_size=BATCH,
        validation_mini_batch_size=BATCH,
        **recipe,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        estimator.fit(inputs)
    evaluation = estimator.evaluation()
    return {MIOU: evaluation.mean_iou, **{name: evaluation.classes[number].iou or 0.0 for name, number in RARE.items()}}


def report(measured: Mapping[str, list[Scores]]) -> str:
    """Returns a table in Markdown with a row for each recipe."""
    heads = ["recipe", MIOU, "mean of the rare", *RARE]
    return table(heads, ([recipe, *cells(seeds)] for recipe, seeds in measured.items()))


def cells(seeds: list[Scores]) -> list[str]:
    """Returns what a row says of the scores of all seeds: "mean (lowest to highest)" each."""
    of_rare = [mean(scores[name] for name in RARE) for scores in seeds]
    columns = [[scores[MIOU] for scores in seeds], of_rare, *([scores[name] for scores in seeds] for name in RARE)]
    return [f"{mean(column):.3f} ({min(column):.3f} to {max(column):.3f})" for column in columns]


def draw(measured: Mapping[str, list[Scores]], file: Path) -> None:
    panels = {
        name: {recipe: mean(scores[name] for scores in seeds) for recipe, seeds in measured.items()}
        for name in (MIOU, *RARE)
    }
    colours = dict(zip(measured, itertools.cycle((GREY, DARK_BLUE, BLUE))))
    document.draw_bars(panels, colours, file, same_scale=True)


if __name__ == "__main__":
    sys.exit(main())
