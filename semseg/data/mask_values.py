"""Counts which raw pixel values stand in the masks of a channel, in how many pixels and in which masks."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.data.counted_files import CountedFiles
from semseg.plumbing.counted import percent

_MOST_SETS = 4096  # different sets of values that are told apart, of 32 bytes and a few names each


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
        self._holders = [CountedFiles() for _ in range(256)]
        self._sets: dict[bytes, CountedFiles] = {}
        self._lock = threading.Lock()

    def add(self, counts: np.ndarray | None, name: str = "") -> None:
        """Counts one mask.

        Args:
            counts: (256,) integers, its number of pixels of each raw value; None where it could not be read.
            name: of the mask.
        """
        with self._lock:
            if counts is None:
                self.unreadable += 1
                return
            self.counts += counts
            self.masks += 1
            held = np.flatnonzero(counts)
            for value in held:
                self._holders[value].add(name)
            key = held.astype(np.uint8).tobytes()
            if key in self._sets or len(self._sets) < _MOST_SETS:
                self._sets.setdefault(key, CountedFiles()).add(name)

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

    def share(self, *values: int) -> str:
        """Returns the part of all pixels that holds these raw values, in percent with at most one decimal: "20.9 %"."""
        return percent(int(self.counts[list(values)].sum()), int(self.counts.sum()))

    def holding(self, values: Iterable[int]) -> CountedFiles:
        """Returns the masks that hold at least one of some raw values.

        Of several values in masks of more than 4,096 different sets of values, the masks of the most frequent one.
        """
        wanted = set(values)
        most = max((self._holders[value] for value in wanted), key=lambda holder: holder.count)
        if len(wanted) == 1:
            return most
        found = CountedFiles.together(files for held, files in self._sets.items() if not wanted.isdisjoint(held))
        return found if found.count >= most.count else most

    def holding_classes(self, table: Sequence[int], count: int) -> CountedFiles:
        """Returns the masks that hold so many different classes, beside ignored pixels, as far as the sets of values of
        masks are told apart.

        Args:
            table: the class of each raw value; 255 = ignore.
        """
        chosen = (files for held, files in self._sets.items() if len({table[v] for v in held} - {IGNORE}) == count)
        return CountedFiles.together(chosen)
