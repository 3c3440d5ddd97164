"""The training loop: batches into an engine, scores out, the best parameters kept."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from semseg.archive import model_artifact
from semseg.contract import metric_lines
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.augmentation import CentreCrop
from semseg.data.dataset import Passes
from semseg.errors import UserError
from semseg.plumbing.json_file import write_public_json
from semseg.prediction.segmenter import Network
from semseg.training.batches import Batches, evaluation_batches
from semseg.training.checkpoints import Checkpoints, Progress
from semseg.training.confusion_matrix import ConfusionMatrix
from semseg.training.early_stopping import EarlyStopping
from semseg.training.evaluation import report, score_crops, score_pictures, table
from semseg.training.job_log import JobLog
from semseg.training.learning_rate import LearningRate


class Engine(Network, Protocol):
    """What the loop drives; it knows of no framework."""

    def step(self, images: np.ndarray, masks: np.ndarray, learning_rate: float) -> None:
        """One optimizer update on (N, 3, H, W) float32 and (N, H, W) uint8; need not wait for the device."""

    def take_loss(self) -> float:
        """Mean loss of a labelled pixel since the last call; waits for the device."""

    def save(self, path: Path) -> None:
        """Write the parameters, whole or not at all."""

    def load(self, path: Path) -> None:
        """Take the parameters of a saved file."""

    def begin_epoch(self, epoch: int) -> None:
        """Seed what is random in the network, so that an epoch is the same whether or not others went before."""

    def save_optimizer(self, path: Path) -> None:
        """Write what the optimizer remembers of earlier steps."""

    def load_optimizer(self, path: Path) -> None:
        """Take up what :meth:`save_optimizer` wrote."""


class StopAsked(Exception):
    """Somebody wants the job to end now."""


class Trainer:
    """Trains for the job's epochs, or until it is asked to stop.

    Args:
        engine: holds the network.
        hyperparameters: of the job.
        batches: the training samples.
        validation: the samples that are scored after each epoch, and at the end.
        model_directory: where the parameters go.
        log: where the lines go.
        stop_asked: asked after each step and each scored batch; True ends the job with its models saved.
        workers: threads that read validation samples.
        checkpoints: where the state after each epoch goes, and from where it is taken up; None keeps none.
    """

    def __init__(
        self,
        engine: Engine,
        hyperparameters: Hyperparameters,
        batches: Batches,
        validation: Passes,
        model_directory: Path,
        log: JobLog,
        stop_asked: Callable[[], bool] = lambda: False,
        workers: int = 2,
        checkpoints: Checkpoints | None = None,
    ) -> None:
        self.engine = engine
        self.hyperparameters = hyperparameters
        self.batches = batches
        self.validation = validation
        self.log = log
        self.stop_asked = stop_asked
        self.workers = workers
        self.checkpoints = checkpoints
        self.best_path = model_directory / model_artifact.BEST
        self.last_path = model_directory / model_artifact.LAST
        self.best: float | None = None
        self.iteration = 0
        self.learning_rate = LearningRate(
            hyperparameters.learning_rate,
            hyperparameters.lr_scheduler,
            batches.iterations_per_epoch,
            hyperparameters.epochs,
            hyperparameters.lr_scheduler_factor,
            hyperparameters.lr_scheduler_step,
        )
        self.stopping = EarlyStopping(
            hyperparameters.early_stopping_min_epochs,
            hyperparameters.early_stopping_patience,
            hyperparameters.early_stopping_tolerance,
        )

    def fit(self, output_data: Path) -> None:
        """Train, save the best and the last parameters, and write ``evaluation.json`` into ``output_data``.

        A job that is asked to stop saves its parameters and writes no evaluation.
        """
        try:
            self.train()
        except StopAsked:
            self.log.warning("Asked to stop: saving the model.")
        self.save_last()
        with contextlib.suppress(StopAsked):
            self.score_best(output_data)

    def train(self) -> None:
        self.resume()
        for epoch in range(self.stopping.epochs, self.hyperparameters.epochs):
            if self.stops_early():
                self.log.info(f"Early stopping after epoch {epoch - 1}: validation mIOU no longer improves.")
                return
            started = time.time()
            self.engine.begin_epoch(epoch)
            self.train_one_epoch(epoch)
            mean_iou = self.validate(epoch)
            self.keep_best(mean_iou)
            self.log.info(metric_lines.completed(epoch + 1, self.hyperparameters.epochs))
            self.log.metrics(started, {"Reset Count": epoch + 1}, "training_data_iter", epoch)
            self.stopping.add(mean_iou)
            self.save_checkpoint()

    def stops_early(self) -> bool:
        return self.hyperparameters.early_stopping and self.stopping.epochs > 0 and self.stopping.is_due()

    def resume(self) -> None:
        progress = self.checkpoints.resume(self.engine, self.best_path) if self.checkpoints else None
        if progress is not None:
            self.iteration, self.best = progress.iteration, progress.best
            self.stopping.restore(progress.epochs, progress.stopping_best, progress.without_improvement)

    def save_checkpoint(self) -> None:
        stopping = self.stopping
        if self.checkpoints is None or self.best is None or stopping.best is None:
            return
        progress = Progress(stopping.epochs, self.iteration, self.best, stopping.best, stopping.without_improvement)
        self.checkpoints.save(self.engine, self.best_path, progress)

    def train_one_epoch(self, epoch: int) -> None:
        meter = Meter()
        losses = LossMean()
        for batch in self.batches.epoch(epoch):
            rate = self.learning_rate.at(self.iteration)
            self.engine.step(batch.images, batch.masks, rate)
            self.iteration += 1
            meter.add(len(batch.masks))
            self.raise_if_stop_asked()
            if meter.batches % self.hyperparameters.logging_frequency == 0:
                losses.add(self.checked_loss(epoch, meter.batches), meter.batches)
                self.log.info(metric_lines.training_progress(epoch, meter.batches, meter.speed(), rate))
        if meter.batches > losses.batches:
            losses.add(self.checked_loss(epoch, meter.batches), meter.batches)
        self.log.info(metric_lines.quality(epoch, "train loss", losses.mean()))
        self.log.info(metric_lines.throughput(epoch, "train throughput", meter.speed()))

    def checked_loss(self, epoch: int, iterations: int) -> float:
        loss = self.engine.take_loss()
        if not math.isfinite(loss):
            raise UserError(
                f"train loss must stay finite, got {loss} in epoch {epoch} by iteration {iterations}: "
                f"lower learning_rate, now {self.hyperparameters.learning_rate:g}"
            )
        return loss

    def validate(self, epoch: int) -> float:
        """Score the network as it is; the mIOU, 0 to 1."""
        meter = Meter()

        def seen(samples: int) -> None:
            meter.add(samples)
            if meter.batches % self.hyperparameters.logging_frequency == 0:
                self.log.info(metric_lines.validation_progress(epoch, meter.batches, meter.speed()))
            self.raise_if_stop_asked()

        matrix = self.score_whole(seen) if self.whole_pictures() else self.score_crops(seen)
        self.log.info(metric_lines.quality(epoch, "validation pixel_accuracy", matrix.pixel_accuracy()))
        self.log.info(metric_lines.quality(epoch, "validation mIOU", matrix.mean_iou()))
        self.log.info(metric_lines.throughput(epoch, "validation throughput", meter.speed()))
        return matrix.mean_iou()

    def whole_pictures(self) -> bool:
        return self.hyperparameters.validation_mini_batch_size == 1

    def score_whole(self, seen: Callable[[int], None]) -> ConfusionMatrix:
        return score_pictures(self.engine, self.validation, self.hyperparameters.base_size, self.workers, seen)

    def score_crops(self, seen: Callable[[int], None]) -> ConfusionMatrix:
        crop = CentreCrop(self.hyperparameters.rounded_crop_size)
        size = self.hyperparameters.validation_mini_batch_size
        return score_crops(self.engine, evaluation_batches(self.validation, crop, size, self.workers), seen)

    def keep_best(self, mean_iou: float) -> None:
        if self.best is None or mean_iou > self.best:
            self.best = mean_iou
            self.save(self.best_path)

    def save_last(self) -> None:
        """The last parameters, which are also the best where none has been scored yet."""
        if self.best is None:
            self.save(self.best_path)
        self.save(self.last_path)

    def save(self, path: Path) -> None:
        self.log.info(f"Serializing model to {path}")
        self.engine.save(path)

    def score_best(self, output_data: Path) -> None:
        """Score the best parameters on whole validation pictures, as the endpoint will answer them."""
        self.raise_if_stop_asked()
        self.log.info("Scoring the best model on whole validation pictures.")
        self.engine.load(self.best_path)
        matrix = self.score_whole(lambda samples: self.raise_if_stop_asked())
        for line in table(matrix):
            self.log.info(line)
        output_data.mkdir(parents=True, exist_ok=True)
        write_public_json(output_data / "evaluation.json", report(matrix))

    def raise_if_stop_asked(self) -> None:
        if self.stop_asked():
            raise StopAsked


class Meter:
    """Counts batches and samples since it was made."""

    def __init__(self) -> None:
        self.batches = 0
        self.samples = 0
        self._start = time.perf_counter()

    def add(self, samples: int) -> None:
        self.batches += 1
        self.samples += samples

    def speed(self) -> float:
        """Samples a second."""
        return self.samples / max(time.perf_counter() - self._start, 1e-9)


class LossMean:
    """The mean of losses that were taken over different numbers of batches."""

    def __init__(self) -> None:
        self.batches = 0
        self._total = 0.0

    def add(self, loss: float, batches: int) -> None:
        """``loss`` is the mean since the last call; ``batches`` counts from the start."""
        self._total += loss * (batches - self.batches)
        self.batches = batches

    def mean(self) -> float:
        return self._total / max(self.batches, 1)
