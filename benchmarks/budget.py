"""Time budgets on real pictures: how near a job comes to its time, and what its plan buys over the default recipe.

    python -m benchmarks.budget [--minutes 10 30 60] [--data horses camvid horses-40 camvid-60]
                                [--recipes planned default] [--device cuda]

Trains FCN on ResNet-50 from scratch on each data set for each budget, twice: as the job plans itself, and with the
defaults of all that it would plan, for the same time. Prints a row for each job: the seconds that it took and what
share of the budget they are, its epochs, and its mIOU on the whole validation pictures. The smaller data sets are the
first 40 horses and the first 60 street scenes.

On a machine with two processors both recipes can be measured in half the time, each on one of them:
``taskset -c 0 python -m benchmarks.budget --recipes planned`` beside ``taskset -c 1 ... --recipes default``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import tempfile
from pathlib import Path

import semseg
from benchmarks.camvid import VOID_IS_IGNORED
from benchmarks.devices import INSTANCE_TYPES
from benchmarks.horses import HORSE_IS_255
from benchmarks.test_data import channels, first_samples
from semseg.contract.hyperparameters import default_strings
from tests.trained import archive_of

DATA = {
    "horses": ("weizmann_horse", HORSE_IS_255, 2, None),
    "camvid": ("camvid", VOID_IS_IGNORED, 11, None),
    "horses-40": ("weizmann_horse", HORSE_IS_255, 2, 40),
    "camvid-60": ("camvid", VOID_IS_IGNORED, 11, 60),
}
PLANNED = (
    *("base_size", "crop_size", "mini_batch_size", "precision_dtype", "optimizer", "learning_rate", "lr_scheduler"),
    *("warmup_epochs", "class_weights", "rare_class_crops", "loss", "aligned_sizes", "ema_decay", "_augmentation_type"),
)
RECIPES = {"planned": {}, "default": {name: default_strings()[name] for name in PLANNED}}


def main(minutes: list[float], names: list[str], recipes: list[str], device: str) -> None:
    print("| data | minutes | recipe | seconds | of the budget | epochs | mIOU |\n|---|---|---|---|---|---|---|")
    for name in names:
        for budget in minutes:
            for recipe in recipes:
                with tempfile.TemporaryDirectory() as folder:
                    cells = row(name, budget, RECIPES[recipe], INSTANCE_TYPES[device], Path(folder))
                    print(f"| {name} | {budget:g} | {recipe} | {cells} |", flush=True)


def row(name: str, minutes: float, given: dict[str, str], instance_type: str, folder: Path) -> str:
    """Returns the cells of one job: seconds, share of the budget, epochs, mIOU; or why it failed."""
    data, label_map, classes, most = DATA[name]
    inputs = channels(data, label_map, folder / "label_map")
    if most is not None:
        inputs.update(first_samples(inputs, most, folder))
    estimator = semseg.Estimator(instance_count=1, instance_type=instance_type, output_path=folder)
    budget = {"use_pretrained_model": False, "num_classes": classes, "time_budget": f"{60 * minutes:g}s"}
    estimator.set_hyperparameters(**{**budget, **given})
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            estimator.fit(inputs)
    except semseg.errors.TrainingError as error:
        return f"- | - | - | {str(error).splitlines()[0]}"
    seconds = estimator.jobs[-1].describe()["TrainingTimeInSeconds"]
    mean_iou = estimator.evaluation().mean_iou
    return f"{seconds} | {seconds / (60 * minutes):.1%} | {epochs_of(estimator)} | {mean_iou:.4f}"


def epochs_of(estimator: semseg.Estimator) -> int:
    """Returns how many epochs the latest job had."""
    return len((archive_of(estimator).parent / "data" / "metrics.csv").read_text().splitlines()) - 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, nargs="+", default=[10, 30, 60])
    parser.add_argument("--data", choices=DATA, nargs="+", default=list(DATA))
    parser.add_argument("--recipes", choices=RECIPES, nargs="+", default=list(RECIPES))
    parser.add_argument("--device", choices=INSTANCE_TYPES, default="cpu")
    arguments = parser.parse_args()
    main(arguments.minutes, arguments.data, arguments.recipes, arguments.device)
