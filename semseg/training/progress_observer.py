"""The observer that writes how far a job is into a small file, for the bar of whoever waits."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from semseg.contract.job_progress import (
    FINISHING,
    READING,
    SAVING,
    SCORING,
    STOPPING,
    TRAINING,
    VALIDATING,
    JobProgress,
)
from semseg.plumbing.whole_file import beside
from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from semseg.training.full_scoring import Gain
from semseg.training.observer import Observer, Pace

SECONDS_BETWEEN = 0.5
SHARE_OF_A_SCORING = 1 / 3  # of the time of as many training pictures: forward without backward

Clock = Callable[[], float]


class TimeLeft:
    """Estimates how long a job still takes, from the steps and scorings that this process has done.

    Args:
        job: has the number of epochs, iterations and pictures.
        clock: in seconds.
    """

    def __init__(self, job: JobProgress, clock: Clock) -> None:
        self._job = job
        self._clock = clock
        self._steps = 0
        self._step_seconds = 0.0
        self._scoring_seconds: float | None = None
        self._last: tuple[int, float] | None = None  # the epoch of the last step, and when that was done

    def step(self, epoch: int) -> None:
        """Counts a step. The first one of each epoch is not measured: what lies before it is no step."""
        now = self._clock()
        if self._last is not None and self._last[0] == epoch:
            self._steps += 1
            self._step_seconds += now - self._last[1]
        self._last = epoch, now

    def scored(self) -> None:
        """Counts the scoring that began after the last step."""
        if self._last is not None:
            self._scoring_seconds = self._clock() - self._last[1]

    def seconds(self, steps_left: int, scorings_left: int) -> float | None:
        """Returns about how many seconds are left; None before a step was measured."""
        if self._steps == 0:
            return None
        a_step = self._step_seconds / self._steps
        return steps_left * a_step + scorings_left * self._a_scoring(a_step)

    def _a_scoring(self, a_step: float) -> float:
        if self._scoring_seconds is not None:
            return self._scoring_seconds
        share = self._job.validation_pictures / max(1, self._job.training_pictures)
        return a_step * self._job.iterations_per_epoch * share * SHARE_OF_A_SCORING


class ProgressObserver(Observer):
    """Writes how far the job is, at most twice a second, and at each turn of the job.

    A file that cannot be written ends nothing: the job goes on without it.

    Args:
        path: of the file.
        job: what the job is.
        clock: in seconds since 1970.
    """

    def __init__(self, path: Path, job: JobProgress, clock: Clock = time.time) -> None:
        self._path = path
        self._now = job
        self._clock = clock
        self._left = TimeLeft(job, clock)
        self._written = 0.0
        self._turn(READING)

    def training_begins(self, epochs: int, steps: int, best: float | None) -> None:
        self._turn(TRAINING, epoch=epochs, iterations=steps, best_mean_iou=best)

    def step_done(self, pace: Pace) -> None:
        self._left.step(pace.epoch)
        if self._clock() - self._written >= SECONDS_BETWEEN:
            self._turn(TRAINING, epoch=pace.epoch, iterations=pace.batches)

    def steps_done(self, pace: Pace, learning_rate: float, loss: float) -> None:
        self._now = replace(self._now, loss=loss)

    def epoch_trained(self, pace: Pace, loss: float, learning_rate: float) -> None:
        self._turn(VALIDATING, epoch=pace.epoch + 1, iterations=0, loss=loss)

    def epoch_validated(self, pace: Pace, matrix: ConfusionMatrix) -> None:
        score, best = matrix.mean_iou(), self._now.best_mean_iou
        self._turn(SAVING, best_mean_iou=score if best is None else max(score, best))

    def epoch_completed(self, epoch: int, epochs: int, started: float) -> None:
        self._left.scored()
        self._turn(TRAINING)

    def stop_asked(self) -> None:
        self._turn(STOPPING)

    def scoring_best(self) -> None:
        self._turn(SCORING)

    def best_scored(self, evaluation: Evaluation, gain: Gain | None) -> None:
        self._turn(FINISHING, whole_mean_iou=evaluation.mean_iou)

    def _turn(self, phase: str, **changes: Any) -> None:
        now = replace(self._now, phase=phase, **changes)
        now = replace(
            now, epochs=max(now.epochs, now.epoch + (now.iterations > 0))
        )  # of a time budget they are a guess
        self._written = self._clock()
        self._now = replace(now, seconds_left=self._seconds_left(now), written=self._written)
        # whole, but not forced to disk: whoever waits reads it now, and nobody after a loss of power
        with contextlib.suppress(OSError), beside(self._path, forced=False) as part:
            part.write_text(self._now.to_json(), encoding="utf-8")

    def _seconds_left(self, now: JobProgress) -> float | None:
        if now.phase in (STOPPING, FINISHING):
            return None
        if now.phase == SCORING:
            return self._left.seconds(0, 1)
        epochs_left = now.epochs - now.epoch + (now.phase in (VALIDATING, SAVING))  # that are still to be scored
        return self._left.seconds(now.iterations_in_all - now.iterations_done, epochs_left + 1)
