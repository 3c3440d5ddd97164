"""``metrics.csv``: a row for each epoch of a training job, written when the epoch is over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from semseg.results.epoch_scores import EpochScores

METRICS = "metrics.csv"


class MetricsFile:
    """Writes a row for each epoch. The file is whole at every moment; its rows are in the order of their epochs.

    Args:
        path: of the file; rows that an earlier process of the same job wrote stay.
        class_names: of those classes that have one.
        num_classes: how many columns with an IoU there are.

    Raises:
        PlatformError: the file that is there already is no such file.
    """

    def __init__(self, path: Path, class_names: Mapping[int, str], num_classes: int) -> None:
        raise NotImplementedError

    def add(self, scores: EpochScores) -> None:
        """Writes the row of an epoch, in place of any that is there for it or for a later one."""
        raise NotImplementedError

    def forget_after(self, epoch: int) -> None:
        """Removes the rows of later epochs, which a job that goes on after ``epoch`` epochs trains again."""
        raise NotImplementedError


def read_epochs(path: Path) -> list[EpochScores]:
    """Returns the rows of a ``metrics.csv``, none where there is no such file.

    Raises:
        PlatformError: the file is damaged.
    """
    raise NotImplementedError
