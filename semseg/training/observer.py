"""The events of a job that trains. The log listens to them; curves, metric files and consoles can listen too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from semseg.results.confusion_matrix import ConfusionMatrix
from semseg.results.evaluation import Evaluation
from semseg.results.shown_pictures import ShownPictures
from semseg.training.evaluation import Scored
from semseg.training.full_scoring import Gain


@dataclass(frozen=True)
class Pace:
    """The progress and the speed of an epoch.

    Attributes:
        epoch: counted from 0.
        batches: that are done in it.
        samples_per_second: since its beginning, over all processes.
    """

    epoch: int
    batches: int
    samples_per_second: float


class Observer:
    """Is called for each event, in order, from the thread that trains. Each method does nothing until it is overridden.

    Of a group of processes, only rank 0 tells its observers. What an observer raises ends the job.
    """

    def training_begins(self, epochs: int, steps: int, best: float | None) -> None:
        """Is called before the first step; ``epochs`` and ``steps`` of the next one were trained before, with ``best``
        as the highest mIOU.
        """

    def step_done(self, pace: Pace) -> None:
        """Is called after every step."""

    def step_split(self, pace: Pace, parts: int) -> None:
        """Is called after a step that ran out of memory and was computed again in so many parts, as are all that
        follow.
        """

    def steps_done(self, pace: Pace, learning_rate: float, loss: float) -> None:
        """Is called after every few steps, as many as the hyperparameter ``_logging_frequency`` says; ``loss`` is the
        mean loss in this epoch so far.
        """

    def epoch_trained(self, pace: Pace, loss: float, learning_rate: float) -> None:
        """Is called when all steps of an epoch are done; ``loss`` is the mean loss, the rate that of the last
        step.
        """

    def samples_scored(self, epoch: int, scored: Scored) -> None:
        """Is called with the validation samples of each batch that rank 0 has scored after an epoch, and with each
        whole picture then.
        """

    def batches_scored(self, pace: Pace) -> None:
        """Is called after every few batches of validation samples, as many as ``_logging_frequency`` says."""

    def epoch_validated(self, pace: Pace, matrix: ConfusionMatrix) -> None:
        """Is called when the validation samples are scored."""

    def saving(self, path: Path) -> None:
        """Is called before parameters are written to ``path``."""

    def epoch_completed(self, epoch: int, epochs: int, started: float) -> None:
        """Is called when one of ``epochs`` epochs is over; it began at ``started``, in seconds since 1970."""

    def stopped_early(self, epoch: int) -> None:
        """Is called when no epoch follows this one, because the mIOU no longer improves."""

    def stop_asked(self) -> None:
        """Is called when the job was asked to stop, before it saves its model."""

    def scoring_best(self) -> None:
        """Is called before the best parameters are scored on whole validation pictures."""

    def best_scored(self, evaluation: Evaluation, gain: Gain | None) -> None:
        """Is called when the best parameters are scored; with what test-time augmentation buys and costs, where the job
        uses it.
        """

    def pictures_kept(self, shown: ShownPictures) -> None:
        """Is called after that with those of the pictures that people are to look at."""

    def ended(self) -> None:
        """Is called when nothing follows, also after a failure."""
