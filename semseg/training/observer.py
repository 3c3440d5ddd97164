"""What is told of a job while it trains: the log is one, and curves, metric files and consoles can be others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from semseg.training.confusion_matrix import ConfusionMatrix


@dataclass(frozen=True)
class Pace:
    """How far an epoch is.

    Attributes:
        epoch: counted from 0.
        batches: that are done in it.
        samples_per_second: since its beginning, over all processes.
    """

    epoch: int
    batches: int
    samples_per_second: float


class Observer:
    """Is told what happens, in its order, from the thread that trains. Each method does nothing until it is overridden.

    Of a group of processes, only rank 0 tells its observers. What an observer raises ends the job.
    """

    def steps_done(self, pace: Pace, learning_rate: float) -> None:
        """Every so many steps, as the hyperparameter ``_logging_frequency`` says."""

    def epoch_trained(self, pace: Pace, loss: float) -> None:
        """All steps of an epoch are done; ``loss`` is the mean loss of a labelled pixel."""

    def batches_scored(self, pace: Pace) -> None:
        """Every so many batches of validation samples."""

    def epoch_validated(self, pace: Pace, matrix: ConfusionMatrix) -> None:
        """The validation samples are scored."""

    def saving(self, path: Path) -> None:
        """Parameters will be written to ``path``."""

    def epoch_completed(self, epoch: int, epochs: int, started: float) -> None:
        """An epoch of so many ``epochs`` is over; it began at ``started``, in seconds since 1970."""

    def stopped_early(self, epoch: int) -> None:
        """No epoch follows this one, for the mIOU no longer improves."""

    def stop_asked(self) -> None:
        """The job was asked to stop, and saves its model."""

    def scoring_best(self) -> None:
        """The best parameters will be scored on whole validation pictures."""

    def best_scored(self, matrix: ConfusionMatrix) -> None:
        """The best parameters are scored."""
