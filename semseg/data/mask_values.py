"""Counts how often each raw pixel value stands in the masks of a channel."""

from __future__ import annotations

import threading

import numpy as np

_WHOLE = 99.95  # percent, from where one decimal reads 100
_NONE = 0.05  # percent, below which one decimal reads 0


class MaskValues:
    """Counts of raw pixel values over many masks; keeps no pixels. Several threads may add to it at once.

    Attributes:
        counts: (256,) int64, the number of pixels of each raw value.
        masks: the number of masks that were counted.
        unreadable: the number of masks that could not be read, so that what they hold is unknown.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(256, np.int64)
        self.masks = 0
        self.unreadable = 0
        self._lock = threading.Lock()

    def add(self, counts: np.ndarray | None) -> None:
        """Counts one mask.

        Args:
            counts: (256,) integers, its number of pixels of each raw value; None where it could not be read.
        """
        with self._lock:
            if counts is None:
                self.unreadable += 1
            else:
                self.counts += counts
                self.masks += 1

    @property
    def present(self) -> np.ndarray:
        """Returns whether any mask holds each raw value, (256,) bool."""
        return self.counts > 0

    def most_common(self) -> list[int]:
        """Returns the raw values that some mask holds, the most frequent first; of equally frequent ones the lower
        first.
        """
        order = np.argsort(-self.counts, kind="stable")
        return [int(value) for value in order if self.counts[value]]

    def share(self, value: int) -> str:
        """Returns the part of all pixels that holds this raw value, in percent with at most one decimal: "20.9 %"."""
        count, total = int(self.counts[value]), int(self.counts.sum())
        percent = 100 * count / total
        if count < total and percent >= _WHOLE:
            return "over 99.9 %"
        if 0 < percent < _NONE:
            return "under 0.1 %"
        return f"{percent:.1f}".removesuffix(".0") + " %"
