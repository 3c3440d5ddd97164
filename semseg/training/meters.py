"""Small sums that the training loop keeps for its log."""

from __future__ import annotations

import time

from semseg.training.observer import Pace


class Meter:
    """Counts the batches and samples of one epoch from the moment it is made.

    Args:
        epoch: counted from 0.
        batches: that were done before, in a job that goes on within the epoch; they do not count for the speed.
    """

    def __init__(self, epoch: int, batches: int = 0) -> None:
        self.epoch = epoch
        self.batches = batches
        self.samples = 0
        self._start = time.perf_counter()

    def add(self, samples: int) -> None:
        """Counts one batch of so many samples."""
        self.batches += 1
        self.samples += samples

    def pace(self) -> Pace:
        """Returns how far the epoch is, and how fast it came there."""
        return Pace(self.epoch, self.batches, self.samples / max(time.perf_counter() - self._start, 1e-9))


class LossMean:
    """The mean of losses that were taken over different numbers of batches.

    Args:
        batches, total: where another object had come to, to go on from there.
    """

    def __init__(self, batches: int = 0, total: float = 0.0) -> None:
        self.batches = batches
        self.total = total

    def add(self, loss: float, batches: int) -> None:
        """Adds a loss, the mean since the last call; ``batches`` counts from the start."""
        self.total += loss * (batches - self.batches)
        self.batches = batches

    def mean(self) -> float:
        """Returns the mean loss of a batch; 0 without any."""
        return self.total / max(self.batches, 1)
