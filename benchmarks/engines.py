"""Trains the same jobs with MXNet and with PyTorch, and lets each engine serve what the other trained.

    python -m benchmarks.engines [--data weizmann_horse,camvid] [--seeds 0,1,2] [--pictures 20] [--save DOCUMENT.md]
                                 [--quick]

FCN on ResNet-50 from scratch, the same hyperparameters and seeds for both engines. Prints the scores of each job, on
whole validation pictures, and how many pixels of the first validation pictures get another class from the other engine.
Ends with exit code 1 if more than one in 100,000 does, whose best two classes may be equal but for rounding, or if the
engines' mean scores are further apart than the seeds of one engine.

--save writes the tables into a document, between its two markers, and a picture of the curves beside it.
--quick takes few pictures and one seed: it shows that the benchmark runs, and its figures mean nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean

import numpy as np

import semseg
from benchmarks import document
from benchmarks.document import DARK_BLUE, GREY, table
from benchmarks.test_data import channels, first_samples
from tests.trained import archive_of, job_of

ENGINES = {"mxnet": "MXNet", "pytorch": "PyTorch"}
NEAR = 1e-5  # the share of pixels that may get another class from the other engine
COLOURS = {"mxnet": GREY, "pytorch": DARK_BLUE}


@dataclass(frozen=True)
class Task:
    """What is trained on one data set.

    Attributes:
        label_map: from the classes to the values of the masks.
        sizes: base_size and crop_size, in pixels.
    """

    title: str
    label_map: Mapping[str, object]
    num_classes: int
    sizes: tuple[int, int]
    epochs: int


TASKS = {
    "weizmann_horse": Task("Weizmann horses", {"map": {"0": 0, "1": 255}}, 2, (48, 48), 4),
    "camvid": Task("CamVid", {"map": {**{str(number): number for number in range(11)}, "255": 11}}, 11, (120, 64), 2),
}


@dataclass(frozen=True)
class Run:
    """A job that was trained.

    Attributes:
        curve: the mIOU of the validation crops after each epoch.
        score: the mIOU of the best parameters on whole validation pictures.
        pixels: how many the masks have that both engines made with them; ``others`` of these have another class.
    """

    task: Task
    engine: str
    seed: int
    curve: Sequence[float]
    score: float
    pixels: int
    others: int


@dataclass
class Measured:
    """All jobs of a run of this benchmark."""

    runs: list[Run] = field(default_factory=list)

    def scores(self, task: Task, engine: str) -> list[float]:
        """Returns the scores of an engine, one for each seed."""
        return [run.score for run in self.runs if (run.task, run.engine) == (task, engine)]

    def spread(self, task: Task) -> float:
        """Returns the largest difference between two seeds of the same engine."""
        return max(max(scores) - min(scores) for scores in (self.scores(task, engine) for engine in ENGINES))

    def apart(self, task: Task) -> float:
        """Returns how far the mean scores of the two engines are from each other."""
        mxnet, pytorch = (mean(self.scores(task, engine)) for engine in ENGINES)
        return abs(mxnet - pytorch)

    def tasks(self) -> list[Task]:
        """Returns what was trained, each once."""
        return [task for task in TASKS.values() if any(run.task == task for run in self.runs)]


def main() -> int:
    options = parsed()
    began = time.monotonic()
    measured = Measured()
    for name, seed, engine in itertools.product(options.data, options.seeds, ENGINES):
        with tempfile.TemporaryDirectory() as folder:
            measured.runs.append(run := train(name, engine, seed, options, Path(folder)))
        print(" | ".join(row_of(run)), flush=True)
    described = "the validation mIOU after each epoch, a line for each engine and seed, a panel for each data set"
    document.publish(report(measured), len(options.seeds), began, options.save, partial(draw, measured), described)
    are_equal = all(run.others <= NEAR * run.pixels for run in measured.runs)
    return 0 if are_equal and all(measured.apart(task) <= measured.spread(task) for task in measured.tasks()) else 1


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engines")
    parser.add_argument("--data", type=lambda text: text.split(","), default=list(TASKS), help=", ".join(TASKS))
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=[0, 1, 2])
    parser.add_argument("--pictures", type=int, default=20, help="that both engines make masks of")
    parser.add_argument("--save", type=Path, help="a document with the two markers")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    options.most = None
    if options.quick:
        options.seeds, options.pictures, options.most = options.seeds[:1], 2, 16
    if unknown := set(options.data) - set(TASKS):
        parser.error(f"--data must be of {', '.join(TASKS)}, got {', '.join(sorted(unknown))}")
    return options


def train(name: str, engine: str, seed: int, options: argparse.Namespace, folder: Path) -> Run:
    """Trains a job, serves its model with both engines, and returns what was seen."""
    task = TASKS[name]
    inputs = channels(name, task.label_map, folder / "label_map")
    if options.most is not None:
        inputs.update(first_samples(inputs, options.most, folder))
    estimator = semseg.Estimator(instance_count=1, instance_type="local", output_path=folder)
    base_size, crop_size = task.sizes
    estimator.set_hyperparameters(
        engine=engine,
        seed=seed,
        use_pretrained_model=False,
        num_classes=task.num_classes,
        num_training_samples=len(os.listdir(inputs["train"])),
        base_size=base_size,
        crop_size=crop_size,
        epochs=1 if options.quick else task.epochs,
        optimizer="adam",
        learning_rate=0.001,
        mini_batch_size=8,
        validation_mini_batch_size=8,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        estimator.fit(inputs)
        pictures = sorted(Path(inputs["validation"]).iterdir())[: options.pictures]
        ours, theirs = (masks(estimator, each, pictures) for each in ENGINES)
    pairs = list(zip(ours, theirs))
    rows = semseg.TrainingJobAnalytics(job_of(estimator).name, ["validation:mIOU"]).rows()
    evaluation = json.loads((archive_of(estimator).parent / "data" / "evaluation.json").read_text())
    return Run(
        task,
        engine,
        seed,
        curve=[float(str(row["value"])) for row in rows],
        score=evaluation["mIOU"],
        pixels=sum(mask.size for mask, _ in pairs),
        others=sum(int((mask != other).sum()) for mask, other in pairs),
    )


def masks(estimator: semseg.Estimator, engine: str, pictures: Sequence[Path]) -> list[np.ndarray]:
    """Returns the masks, (H, W) uint8, that an endpoint answers with this engine."""
    predictor = estimator.deploy(1, "local", env={"SEMSEG_ENGINE": engine})
    try:
        return [predictor.predict(path) for path in pictures]
    finally:
        predictor.delete_endpoint()


def report(measured: Measured) -> str:
    """Returns the tables in Markdown: the jobs, and the two engines beside each other."""
    heads = ["data, engine, seed", "mIOU after each epoch", "mIOU on whole pictures", "other pixels"]
    jobs = table(heads, (row_of(run) for run in measured.runs))
    heads = ["data", *(f"{name}: mean, lowest to highest" for name in ENGINES.values()), "means apart", "seeds apart"]
    return f"{table(heads, (summary(measured, task) for task in measured.tasks()))}\n\n{jobs}"


def row_of(run: Run) -> list[str]:
    return [
        f"{run.task.title}, {ENGINES[run.engine]}, {run.seed}",
        ", ".join(f"{value:.3f}" for value in run.curve),
        f"{run.score:.4f}",
        f"{run.others} of {run.pixels}",
    ]


def summary(measured: Measured, task: Task) -> list[str]:
    scores = [measured.scores(task, engine) for engine in ENGINES]
    cells = [f"{mean(each):.4f}, {min(each):.4f} to {max(each):.4f}" for each in scores]
    return [task.title, *cells, f"{measured.apart(task):.4f}", f"{measured.spread(task):.4f}"]


def draw(measured: Measured, file: Path) -> None:
    """Draws the curves of all jobs, a panel for each data set."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    tasks = measured.tasks()
    figure, axes = pyplot.subplots(1, len(tasks), figsize=(5.5 * len(tasks), 3.8), layout="constrained", squeeze=False)
    for axis, task in zip(axes[0], tasks):
        for run in (run for run in measured.runs if run.task == task):
            epochs = range(1, len(run.curve) + 1)
            label = ENGINES[run.engine] if run.seed == measured.runs[0].seed else None
            axis.plot(epochs, run.curve, color=COLOURS[run.engine], marker="o", markersize=4, label=label)
        axis.set(title=task.title, xlabel="epoch", ylabel="mIOU of validation crops", xticks=range(1, task.epochs + 1))
        axis.spines[["top", "right"]].set_visible(False)
        axis.legend(frameon=False)
    figure.savefig(file, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    sys.exit(main())
