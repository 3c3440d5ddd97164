"""The learning rate and how it falls over a job.

Source: GluonCV's ``utils/lr_scheduler.py``, its ``LRSequential`` for the warm-up; poly was compared with the rates that
the built-in algorithm logs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

POLY_POWER = 0.9


@dataclass(frozen=True)
class LearningRate:
    """The learning rate as a function of the iteration, counted from 0 over the whole job.

    Args:
        initial: at the first iteration.
        scheduler: poly, cosine or step.
        iterations_per_epoch: full batches in the training samples.
        epochs: length of the job.
        factor: step: multiplies the rate after each of ``drops``.
        drops: step: the epochs after which it drops, counted from the beginning of the job.
        warmup_epochs: in which it rises from 0 to ``initial``, before the scheduler begins; may be a part of one.
    """

    initial: float
    scheduler: str
    iterations_per_epoch: int
    epochs: int
    factor: float = 0.1
    drops: tuple[int, ...] = ()
    warmup_epochs: float = 0.0

    @property
    def warmup(self) -> int:
        """Returns how many iterations the rate rises: all but the last of the job, at most."""
        return min(round(self.warmup_epochs * self.iterations_per_epoch), self.iterations_per_epoch * self.epochs - 1)

    def at(self, iteration: int) -> float:
        """Returns the learning rate at an iteration.

        In W iterations of warm-up it is initial * T / (W - 1). With N + 1 iterations of the job after these, and
        T = min(iteration - W, N): poly is (1 - T/N)^0.9, cosine (1 + cos(pi T/N))/2. Step is factor^k with k the number
        of drops e for which e * iterations_per_epoch <= iteration.
        """
        end = self.iterations_per_epoch * self.epochs - 1
        now = min(iteration, end)
        if now < self.warmup:
            return self.initial * now / max(self.warmup - 1, 1)
        if self.scheduler == "step":
            return self.initial * self.factor ** sum(drop * self.iterations_per_epoch <= now for drop in self.drops)
        last = end - self.warmup
        share = (now - self.warmup) / last if last else 0.0
        if self.scheduler == "cosine":
            return self.initial * (1 + math.cos(math.pi * share)) / 2
        return self.initial * (1 - share) ** POLY_POWER

    def at_share(self, share: float) -> float:
        """Returns the learning rate when a share of the job is done, 0 to 1."""
        return self.at(round(share * (self.iterations_per_epoch * self.epochs - 1)))
