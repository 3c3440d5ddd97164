"""The training loop: gives batches to an engine, scores it, and keeps the best parameters."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from semseg.archive import model_artifact
from semseg.contract.hyperparameters import Hyperparameters
from semseg.data.dataset import NamedPasses
from semseg.engines.engine import Engine
from semseg.engines.group import ALONE, Group, GroupEnded, from_first
from semseg.engines.out_of_memory import OutOfMemory
from semseg.errors import UserError
from semseg.results.evaluation import EVALUATION, Evaluation
from semseg.results.picture_scores import PER_PICTURE
from semseg.training.batches import Batches
from semseg.training.checkpoint_clock import CheckpointClock
from semseg.training.checkpoint_state import CheckpointProgress
from semseg.training.checkpoints import Checkpoints, Resumed
from semseg.training.copied_files import copy_from_first
from semseg.training.early_stopping import EarlyStopping
from semseg.training.evaluation import Scored
from semseg.training.meters import LossMean, Meter
from semseg.training.observer import Observer
from semseg.training.picture_results import picture_results
from semseg.training.schedule import schedule_of
from semseg.training.stop_request import StopAsked
from semseg.training.time_budget import TimeBudget
from semseg.training.validation import Validation

BEGINNING = CheckpointProgress(0, 0, None, None, 0)
# What the names of the arrays begin with that a checkpoint keeps beside the optimizer
OWN = "own."  # of each process, the first index being its rank
BATCHES = "batches."


class Trainer:
    """Trains for the job's epochs, or until it is asked to stop.

    Each process of a group runs a trainer of its own, with an engine and batches of the same group. All of them take
    the same decisions; rank 0 alone writes files and tells the observers.

    Args:
        engine: holds the network.
        hyperparameters: of the job.
        batches: the training samples.
        validation: the samples that are scored after each epoch, and at the end.
        model_directory: where the parameters go; those that an earlier job left there are removed. The processes of a
            group need not share it.
        observers: are told what happens.
        stop_asked: called after each step and each scored batch; True ends the job with its models saved. In a group,
            one process that is asked is enough, and it is called after every fourth scored batch.
        workers: threads that read validation samples.
        checkpoints: keeps the state after each epoch, within long ones, and where the job is stopped; and restores it.
            None keeps no state. All processes of a group have some, or none has.
        group: the processes that train together.
        clock: says when a checkpoint within an epoch is due; that of rank 0 is asked.
        class_names: stand beside the scores of classes; none where they are not given.
        class_colours: of those classes that a label map gives one, as (red, green, blue), 0 to 255.
        budget: the time that the job may take, which then says what the rate is and when training ends, in place of
            the number of epochs; that of rank 0 is asked. All processes of a group have one, or none has.
    """

    def __init__(
        self,
        engine: Engine,
        hyperparameters: Hyperparameters,
        batches: Batches,
        validation: NamedPasses,
        model_directory: Path,
        observers: Sequence[Observer] = (),
        stop_asked: Callable[[], bool] = lambda: False,
        workers: int = 2,
        checkpoints: Checkpoints | None = None,
        group: Group = ALONE,
        clock: CheckpointClock | None = None,
        class_names: Mapping[int, str] | None = None,
        class_colours: Mapping[int, tuple[int, int, int]] | None = None,
        budget: TimeBudget | None = None,
    ) -> None:
        self.engine = engine
        self.hyperparameters = hyperparameters
        self.batches = batches
        self.observers = observers if group.rank == 0 else ()
        self.stop_asked = stop_asked
        self.validation = Validation(engine, hyperparameters, validation, workers, group, stop_asked)
        self.checkpoints = checkpoints
        self.group = group
        self.class_names = class_names or {}
        self.class_colours = class_colours or {}
        self.clock = clock or CheckpointClock(hyperparameters.checkpoint_seconds)
        self.best_path = model_directory / model_artifact.BEST
        self.last_path = model_directory / model_artifact.LAST
        self.best: float | None = None
        self.iteration = 0
        self.rate = 0.0  # of the latest step
        self.begun = BEGINNING  # how far an earlier job was in the epoch that comes next
        self.meter, self.losses = Meter(0), LossMean()  # of the present epoch
        self.saved = BEGINNING.name  # the last checkpoint
        self.best_iteration: int | None = None  # whose parameters are the best
        self.last_is_saved = self.has_diverged = False
        self.schedule = schedule_of(hyperparameters, batches.iterations_per_epoch, budget, group)
        self.stopping = EarlyStopping(
            hyperparameters.early_stopping_min_epochs,
            hyperparameters.early_stopping_patience,
            hyperparameters.early_stopping_tolerance,
        )

    def fit(self, output_data: Path) -> None:
        """Trains, saves the best and the last parameters, and writes ``evaluation.json`` and ``per_picture.csv`` into
        ``output_data``.

        A job that is asked to stop saves its parameters and writes no evaluation. One that fails leaves the best
        parameters so far, if there are any, and the last ones if they are of use.

        Raises:
            UserError: the loss is no longer a finite number.
        """
        try:
            self.train_to_the_end()
            with contextlib.suppress(StopAsked):
                self.score_best(output_data)
        except (GroupEnded, OutOfMemory):
            raise  # the device may wait for a process that is gone, or MXNet crash
        except Exception:
            self.keep_last()
            raise
        finally:
            if self.checkpoints is not None:
                self.checkpoints.finish()
            for observer in self.observers:
                observer.ended()

    def train_to_the_end(self) -> None:
        """Trains, also to where the job is asked to stop, and saves the best and the last parameters."""
        try:
            self.train()
        except StopAsked:
            for observer in self.observers:
                observer.stop_asked()
            self.save_last()
            self.save_checkpoint(self.meter.batches)
        else:
            self.save_last()

    def train(self) -> None:
        """Trains and scores epoch by epoch, from the newest checkpoint if there is one, until the last epoch or an
        early stop.
        """
        self.resume()
        for observer in self.observers:
            observer.training_begins(self.stopping.epochs, self.begun.steps, self.best)
        for epoch in self.schedule.epochs(self.stopping.epochs):
            if self.stops_early():
                for observer in self.observers:
                    observer.stopped_early(epoch - 1)
                return
            started = time.time()
            self.train_one_epoch(epoch)
            if self.all_agree(self.clock.is_due_before_validation()):
                self.save_checkpoint(self.meter.batches)
            with self.engine.averaged():
                mean_iou = self.validate(epoch)
                self.keep_best(mean_iou)
            for observer in self.observers:
                observer.epoch_completed(epoch, max(epoch + 1, self.hyperparameters.epochs), started)
            self.stopping.add(mean_iou)
            self.save_checkpoint()
            self.schedule.epoch_completed()

    def stops_early(self) -> bool:
        """Returns whether the mIOU no longer improves and the job may end for it."""
        return self.hyperparameters.early_stopping and self.stopping.epochs > 0 and self.stopping.is_due()

    def resume(self) -> None:
        """Continues from the newest checkpoint, if there is one; in a group, from that of rank 0."""
        found = self.checkpoints.resume(self.engine, self.best_path, self.group) if self.checkpoints else None
        self.last_path.unlink(missing_ok=True)
        if found is None or found.progress.best is None:
            self.best_path.unlink(missing_ok=True)
        if found is not None:
            self.go_on_from(found)

    def go_on_from(self, found: Resumed) -> None:
        """Takes up the progress that a checkpoint holds; the engine has its parameters and its optimizer already."""
        self.begun = progress = found.progress
        self.saved = progress.name
        self.iteration, self.best = progress.iteration, progress.best
        self.schedule.goes_on_after(progress.seconds)
        self.stopping.restore(progress.epochs, progress.stopping_best, progress.without_improvement)
        self.batches.go_on_from(_without(BATCHES, found.kept))
        own = _without(OWN, found.kept)
        if own and all(len(rows) == self.group.size for rows in own.values()):
            self.engine.take_own_state({name: rows[self.group.rank] for name, rows in own.items()})

    def save_checkpoint(self, steps: int = 0) -> None:
        """Saves the state after an epoch, or after so many steps of the next, if the job keeps checkpoints. All
        processes of the group call this.

        Parameters that are no longer finite numbers are not saved: the next look at the loss ends the job.
        """
        progress = CheckpointProgress(
            self.stopping.epochs,
            self.iteration,
            self.best,
            self.stopping.best,
            self.stopping.without_improvement,
            steps,
            self.losses.batches if steps else 0,
            self.losses.total if steps else 0.0,
            self.schedule.seconds(),
        )
        if self.checkpoints is None or progress.name == self.saved:
            return
        own = {name: _gathered(array, self.group) for name, array in self.engine.own_state().items()}
        if not all(np.isfinite(rows).all() for rows in own.values()):
            return
        kept = {**_with(OWN, own), **_with(BATCHES, self.batches.left_over(steps))}
        if self.group.rank == 0:
            is_best = self.best_iteration == self.iteration and not self.hyperparameters.ema_decay
            self.checkpoints.save(self.engine, self.best_path, progress, kept, is_best)
        self.saved = progress.name
        self.clock.saved()

    def train_one_epoch(self, epoch: int) -> None:
        """Trains on those batches of one epoch that are still to come; ``epoch`` counts from 0."""
        begun, self.begun = self.begun, BEGINNING
        self.schedule.epoch_begins()
        self.meter, self.losses = Meter(epoch, begun.steps), LossMean(begun.loss_batches, begun.loss_total)
        for batch in self.batches.epoch(epoch, begun.steps):
            rate = self.schedule.rate(self.iteration, self.meter.batches)
            if rate is None:
                break
            self.rate = rate
            self.engine.begin_step(epoch, self.meter.batches)
            parts = self.engine.parts
            self.engine.step(batch.images, batch.masks, self.rate)
            self.iteration += 1
            self.meter.add(batch.samples)
            for observer in self.observers:
                if self.engine.parts > parts:
                    observer.step_split(self.meter.pace(), self.engine.parts)
                observer.step_done(self.meter.pace())
            if self.meter.batches % self.hyperparameters.logging_frequency == 0:
                self.take_loss()
                for observer in self.observers:
                    observer.steps_done(self.meter.pace(), self.rate, self.losses.mean())
            if self.checkpoint_is_due():
                self.save_checkpoint(self.meter.batches)
        if self.meter.batches > self.losses.batches:
            self.take_loss()
        self.schedule.epoch_trained()
        for observer in self.observers:
            observer.epoch_trained(self.meter.pace(), self.losses.mean(), self.rate)

    def take_loss(self) -> None:
        """Counts the loss since the last call in the mean of the epoch."""
        self.losses.add(self.checked_loss(self.meter.epoch, self.meter.batches), self.meter.batches)

    def checked_loss(self, epoch: int, iterations: int) -> float:
        """Returns the mean loss since the last call; raises UserError if it is not a finite number."""
        loss = self.engine.take_loss()
        if not math.isfinite(loss):
            self.has_diverged = True
            raise UserError(
                f"train loss must stay finite, got {loss} in epoch {epoch} by iteration {iterations}: "
                f"lower learning_rate, now {self.hyperparameters.learning_rate:g}"
            )
        return loss

    def validate(self, epoch: int) -> float:
        """Scores the network with its present parameters, and returns the mIOU, 0 to 1."""
        meter = Meter(epoch)
        self.clock.begin_validation()

        def seen(scored: Scored) -> None:
            meter.add(scored.samples)
            for observer in self.observers:
                observer.samples_scored(epoch, scored)
            if meter.batches % self.hyperparameters.logging_frequency == 0:
                for observer in self.observers:
                    observer.batches_scored(meter.pace())

        matrix = self.validation.score(seen)
        meter.samples = int(self.group.sum(np.array([meter.samples]))[0])
        self.clock.end_validation()
        for observer in self.observers:
            observer.epoch_validated(meter.pace(), matrix)
        return matrix.mean_iou()

    def keep_best(self, mean_iou: float) -> None:
        """Saves the parameters as the best if this mIOU is the highest so far."""
        if self.best is None or mean_iou > self.best:
            self.save(self.best_path)
            self.best, self.best_iteration = mean_iou, self.iteration

    def save_last(self) -> None:
        """Saves the last parameters, which are also the best where none has been scored yet."""
        with self.engine.averaged():
            if self.best is None:
                self.save(self.best_path)
            self.save(self.last_path)
        self.last_is_saved = True

    def keep_last(self) -> None:
        """Saves the last parameters of a job that fails after it was scored, if they are of use and can be saved."""
        is_of_use = self.best is not None and not self.has_diverged and not self.last_is_saved
        if is_of_use and self.group.rank == 0:
            # why the job fails is known, and the best parameters are there
            with contextlib.suppress(Exception), self.engine.averaged():
                self.engine.save(self.last_path)

    def save(self, path: Path) -> None:
        """Writes the parameters, on rank 0 only; all processes wait until they are written."""
        for observer in self.observers:
            observer.saving(path)
        if self.group.rank == 0:
            self.engine.save(path)
        self.group.barrier()

    def score_best(self, output_data: Path) -> None:
        """Scores the best parameters on whole validation pictures, as the endpoint will answer them, and writes
        ``evaluation.json`` and ``per_picture.csv``.
        """
        self.raise_if_one_is_asked_to_stop()
        for observer in self.observers:
            observer.scoring_best()
        copy_from_first(self.best_path, self.best_path, self.group)
        self.engine.load(self.best_path)
        with picture_results(self.engine.num_classes, self.group) as pictures:
            scores = self.validation.score_fully(pictures.add)
            way, gain = scores.test_time_augmentation, scores.gain
            plain_mean_iou = None if gain is None else gain.plain_mean_iou
            evaluation = Evaluation.of_counts(scores.counts, self.class_names, self.class_colours, way, plain_mean_iou)
            for observer in self.observers:
                observer.best_scored(evaluation, gain)
            pictures.write(output_data / PER_PICTURE, self.class_names)
            shown = pictures.kept()
        if self.group.rank == 0:
            evaluation.write(output_data / EVALUATION)
        for observer in self.observers:
            observer.pictures_kept(shown)

    def raise_if_one_is_asked_to_stop(self) -> None:
        """Raises StopAsked in all processes of the group if any of them was asked to stop. All must call it at the same
        time.
        """
        self.checkpoint_is_due()

    def checkpoint_is_due(self) -> bool:
        """Returns whether rank 0 has worked for long enough since the last checkpoint, and asks in the same sum whether
        the job is to end; see :meth:`raise_if_one_is_asked_to_stop`.
        """
        is_due = self.checkpoints is not None and self.group.rank == 0 and self.clock.is_due()
        asked, due = self.group.sum(np.array([int(self.stop_asked()), int(is_due)]))
        if asked:
            raise StopAsked
        return bool(due)

    def all_agree(self, value: bool) -> bool:
        """Returns what rank 0 says, in all processes of the group."""
        return bool(from_first(int(value), self.group))


def _gathered(array: np.ndarray, group: Group) -> np.ndarray:
    """Returns the arrays of all processes of the group, the first index being their rank."""
    rows = np.zeros((group.size, *array.shape), array.dtype)
    rows[group.rank] = array
    return group.sum(rows)


def _with(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{prefix}{name}": array for name, array in arrays.items()}


def _without(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns those of the arrays whose names begin with the prefix, by the rest of their names."""
    return {name[len(prefix) :]: array for name, array in arrays.items() if name.startswith(prefix)}
