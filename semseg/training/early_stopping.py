"""Decides when a job that no longer improves may end."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class EarlyStopping:
    """Keeps the best validation mIOU and the number of epochs without an improvement.

    Args:
        min_epochs: epochs that are run whatever happens.
        patience: stop once this many epochs in a row have not improved; 0 counts as 1.
        tolerance: an epoch improves when its mIOU exceeds the best so far by more than this share of it.
    """

    min_epochs: int
    patience: int
    tolerance: float
    best: float | None = field(default=None, init=False)
    epochs: int = field(default=0, init=False)
    without_improvement: int = field(default=0, init=False)

    def add(self, mean_iou: float) -> None:
        """Adds the mIOU of one more epoch, 0 to 1."""
        self.epochs += 1
        if self.best is None or mean_iou > self.best * (1 + self.tolerance):
            self.best = mean_iou
            self.without_improvement = 0
        else:
            self.without_improvement += 1

    def restore(self, epochs: int, best: float | None, without_improvement: int) -> None:
        """Continues from the state that another object had reached."""
        self.epochs, self.best, self.without_improvement = epochs, best, without_improvement

    def is_due(self) -> bool:
        """Returns whether the job may end now."""
        return self.epochs >= self.min_epochs and self.without_improvement >= max(self.patience, 1)
