"""A job that is killed anywhere ends, bit for bit, as the one that nothing disturbed, whatever moments the clock chose
for its checkpoints.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semseg.contract.hyperparameters import Hyperparameters
from semseg.contract.sample_order import sample_order
from semseg.data.augmentation import TrainingTransform
from semseg.data.dataset import Dataset
from semseg.data.labels.label_map import LabelMap
from semseg.data.samples import pair_samples
from semseg.engines.engine import step_seed
from semseg.engines.group import ALONE, Group
from semseg.training.batches import Batches, StreamedBatches, TrainingBatches
from semseg.training.checkpoint_clock import CheckpointClock
from semseg.training.checkpoints import Checkpoints
from semseg.training.job_log import JobLog
from semseg.training.log_observer import LogObserver
from semseg.training.trainer import Trainer
from tests.engines.group_of_threads import in_threads
from tests.engines.nearest_mean import NearestMean

SAMPLES, BATCH, EPOCHS = 17, 3, 4
STEPS = SAMPLES * EPOCHS // BATCH  # 22: epochs of 5, 6, 6 and 5
AT_THE_BORDERS = (1, 5, 6, 11, 12, 17, 18, 22)  # the first and the last step of each epoch
HYPERPARAMETERS = {
    "num_classes": "3",
    "num_training_samples": str(SAMPLES),
    "mini_batch_size": str(BATCH),
    "base_size": "32",
    "crop_size": "24",
    "epochs": str(EPOCHS),
    "learning_rate": "0.5",
    "validation_mini_batch_size": "2",
    "_logging_frequency": "4",
}
Results = dict[str, object]
METRIC = re.compile(r"epoch: (\d+), (train loss|validation \S+): (\S+) \.")


class Killed(BaseException):
    """Ends a job as SIGKILL does: nothing is saved any more."""


class Noisy(NearestMean):
    """Draws noise in each step, as a network does its dropout, and is killed in one of them, counted from 1."""

    def __init__(self, group: Group, killed_in: int | None) -> None:
        super().__init__(3, 0, group)
        self.killed_in = killed_in
        self.rng = np.random.default_rng(0)
        self.steps: list[tuple[int, int]] = []
        self.rates: list[float] = []

    def begin_step(self, epoch: int, step: int) -> None:
        self.steps.append((epoch, step))
        self.rng = np.random.default_rng(step_seed(0, epoch, step, self.group.rank))

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        if len(self.steps) == self.killed_in:
            raise Killed
        self.rates.append(learning_rate)
        noise = self.rng.integers(-20, 21, images.shape)
        super().step(np.clip(images + noise, 0, 255).astype(np.uint8), masks, learning_rate)


class RandomClock(CheckpointClock):
    """Says at random that a checkpoint is due, at this share of the questions."""

    def __init__(self, share: float) -> None:
        super().__init__(300)
        self.share, self.rng = share, np.random.default_rng(0)

    def is_due(self) -> bool:
        return bool(self.rng.random() < self.share)

    is_due_before_validation = is_due


class Passes:
    """The samples as a stream that begins with the pass that is to come next."""

    def __init__(self, dataset: Dataset, first: int) -> None:
        self.dataset, self.next = dataset, first
        self.decoded = 0

    def one_pass(self) -> Iterator[int]:
        self.next += 1
        return iter(sample_order(0, self.next - 1, len(self.dataset)).tolist())

    def read(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        self.decoded += 1
        return self.dataset.read(place)


@dataclass
class Job:
    """A job in a folder of its own, which may be run again and again.

    Attributes:
        due: at which share of the questions a checkpoint within an epoch is due, at random.
    """

    dataset: Dataset
    root: Path
    is_streamed: bool = False
    due: float = 0.0
    group: Group = ALONE

    def run(self, killed_in: int | None = None, epochs: int = EPOCHS) -> Noisy:
        hyperparameters = Hyperparameters.from_strings({**HYPERPARAMETERS, "epochs": str(epochs)})
        engine = Noisy(self.group, killed_in)
        for name in ("model", "checkpoints"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        with (self.root / "log.txt").open("a") as stream:
            log = JobLog(stream if self.group.rank == 0 else io.StringIO())
            Trainer(
                engine,
                hyperparameters,
                self.batches(),
                self.dataset,
                self.root / "model",
                [LogObserver(log)],
                workers=0,
                checkpoints=Checkpoints(self.root / "checkpoints", hyperparameters, log),
                group=self.group,
                clock=RandomClock(self.due),
            ).fit(self.root / "output")
        return engine

    def batches(self) -> Batches:
        transform = TrainingTransform(32, 24)
        if not self.is_streamed:
            return TrainingBatches(self.dataset, transform, BATCH, 0, 0, self.group)
        done = max((int(name[6:10]) for name in self.names()), default=0)
        return StreamedBatches(Passes(self.dataset, done), transform, BATCH, 0, 0, SAMPLES, print)

    def names(self) -> list[str]:
        return sorted(path.name for path in (self.root / "checkpoints").glob("epoch-*"))

    def results(self) -> Results:
        """The files that it leaves, and of each epoch the last loss and scores in its log."""
        files = {name: (self.root / name).read_bytes() for name in ("model/model_best.params", "model/model_algo-1")}
        metrics = {
            f"{epoch} {name}": value for epoch, name, value in METRIC.findall((self.root / "log.txt").read_text())
        }
        return {**files, "evaluation": (self.root / "output" / "evaluation.json").read_bytes(), "metrics": metrics}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Pictures of three stripes of noisy colours."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(1)
    mask = np.repeat(np.array([0, 1, 2], np.uint8), 11)[None].repeat(24, axis=0)
    colours = np.array([[120, 100, 100], [100, 120, 100], [100, 100, 120]])[mask]
    for name in ("train", "train_annotation"):
        (folder / name).mkdir()
    for number in range(SAMPLES):
        picture = np.clip(colours + rng.integers(-60, 61, colours.shape), 0, 255).astype(np.uint8)
        Image.fromarray(picture).save(folder / "train" / f"{number:02d}.png")
        Image.fromarray(mask).save(folder / "train_annotation" / f"{number:02d}.png")
    samples, problems = pair_samples(folder / "train", folder / "train_annotation", "train")
    assert problems == []
    return Dataset(samples, LabelMap.identity(), 3, "train")


def metrics_of(results: Results) -> dict[str, str]:
    """Returns the losses and scores of the log by their epochs and names."""
    metrics = results["metrics"]
    assert isinstance(metrics, dict)
    return metrics


@pytest.fixture(scope="module")
def undisturbed(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """What a job leaves that saves its state after each epoch alone."""
    job = Job(dataset, tmp_path_factory.mktemp("undisturbed"))
    assert len(job.run().steps) == STEPS
    assert len(metrics_of(job.results())) == 3 * EPOCHS
    return job.results()


@pytest.mark.parametrize("is_streamed", [False, True], ids=["files", "stream"])
@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))])
def test_a_job_that_is_killed_at_random_ends_as_one_that_is_not(
    dataset: Dataset, undisturbed: Results, tmp_path: Path, seed: int, is_streamed: bool
) -> None:
    rng = np.random.default_rng(seed)
    job = Job(dataset, tmp_path, is_streamed, due=0.5)
    for step in rng.integers(2, 8, 3).tolist():
        with pytest.raises(Killed):
            job.run(step)
    engine = job.run()
    assert "Resuming from checkpoint" in (tmp_path / "log.txt").read_text()
    assert len(engine.steps) < STEPS
    assert job.results() == undisturbed


@pytest.mark.parametrize(
    "step",
    [step if step in AT_THE_BORDERS else pytest.param(step, marks=pytest.mark.slow) for step in range(1, STEPS + 1)],
)
def test_killed_in_any_step_it_goes_on_from_the_step_before(
    dataset: Dataset, undisturbed: Results, tmp_path: Path, step: int
) -> None:
    job = Job(dataset, tmp_path, due=1.0)
    with pytest.raises(Killed):
        job.run(step)
    assert len(job.run().steps) == STEPS - (step - 1)
    assert job.results() == undisturbed


def test_a_checkpoint_before_validation_and_one_in_each_step_are_named_after_their_steps(
    dataset: Dataset, tmp_path: Path
) -> None:
    job = Job(dataset, tmp_path, due=1.0)
    with pytest.raises(Killed):
        job.run(7)  # the second step of the second epoch
    assert job.names() == ["epoch-0001", "epoch-0001-step-000001"]
    job = Job(dataset, tmp_path / "other", due=1.0)
    with pytest.raises(Killed):
        job.run(5)
    assert job.names() == ["epoch-0000-step-000003", "epoch-0000-step-000004"]


@pytest.mark.parametrize("step", [4, 9])
def test_two_processes_that_are_killed_end_as_two_that_are_not(dataset: Dataset, tmp_path: Path, step: int) -> None:
    def trained(name: str, killed_in: int | None, due: float) -> list[object]:
        def run(group: Group) -> bool:
            job = Job(dataset, tmp_path / name / str(group.rank), group=group, due=due)
            try:
                job.run(killed_in)
            except Killed:
                return False
            return True

        return in_threads(2, run)

    assert trained("undisturbed", None, 0.0) == [True, True]
    assert trained("killed", step, 0.5) == [False, False]
    assert trained("killed", None, 0.5) == [True, True]
    first = Job(dataset, tmp_path / "undisturbed" / "0").results()
    assert Job(dataset, tmp_path / "killed" / "0").results() == first


def later(results: Results) -> Results:
    """The results without the metrics of the first epoch, which are in no log here."""
    metrics = metrics_of(results).items()
    return {**results, "metrics": {name: value for name, value in metrics if not name.startswith("0")}}


def test_a_stopped_job_goes_on_from_the_step_where_it_was_stopped(
    dataset: Dataset, undisturbed: Results, tmp_path: Path
) -> None:
    job = Job(dataset, tmp_path)
    engine = Noisy(ALONE, None)
    hyperparameters = Hyperparameters.from_strings(HYPERPARAMETERS)
    for name in ("model", "checkpoints"):
        (tmp_path / name).mkdir()
    Trainer(
        engine,
        hyperparameters,
        job.batches(),
        dataset,
        tmp_path / "model",
        stop_asked=lambda: len(engine.steps) == 8,
        workers=0,
        checkpoints=Checkpoints(tmp_path / "checkpoints", hyperparameters, JobLog(io.StringIO())),
    ).fit(tmp_path / "output")
    assert job.names() == ["epoch-0001", "epoch-0001-step-000003"]
    assert len(job.run().steps) == STEPS - 8
    assert later(job.results()) == later(undisturbed)


def test_more_epochs_are_trained_on_resume_at_the_rates_of_the_new_number(dataset: Dataset, tmp_path: Path) -> None:
    job = Job(dataset, tmp_path)
    job.run(epochs=2)
    engine = job.run(epochs=3)
    assert [epoch for epoch, _ in engine.steps] == [2] * 6
    assert engine.rates[0] == 0.5 * (1 - 11 / 14) ** 0.9  # 11 steps are done of 3 * 5, after the last of which it is 0
    assert "The job has 3 epochs now and had 2" in (tmp_path / "log.txt").read_text()


def test_a_resumed_stream_decodes_nothing_that_was_trained_on(dataset: Dataset, tmp_path: Path) -> None:
    whole = StreamedBatches(Passes(dataset, 0), TrainingTransform(32, 24), BATCH, 0, 0, SAMPLES, print)
    list(whole.epoch(0))  # 17 samples: five batches, and two samples for the next epoch
    expected = list(whole.epoch(1))
    assert len(expected) == 6
    later = Passes(dataset, 1)
    resumed = StreamedBatches(later, TrainingTransform(32, 24), BATCH, 0, 0, SAMPLES, print)
    resumed.go_on_from(whole.left_over(4))
    for batch, other in zip(resumed.epoch(1, 4), expected[4:]):
        np.testing.assert_array_equal(batch.images, other.images)
    assert later.decoded == SAMPLES - (4 * BATCH - 2)
