"""Counts which raw pixel values stand in the masks of a channel, in how many pixels and in which masks."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from semseg.contract.png_mask import IGNORE
from semseg.data.look.counted_files import CountedFiles
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
        self._sets: dict[bytes, CountedFiles] = {}
        self._of_other_sets: dict[int, CountedFiles] = {}  # of each value, the masks with a set that has no place above
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
            held = np.flatnonzero(counts).astype(np.uint8).tobytes()
            if held in self._sets or len(self._sets) < _MOST_SETS:
                self._sets.setdefault(held, CountedFiles()).add(name)
                return
            for value in held:
                self._of_other_sets.setdefault(value, CountedFiles()).add(name)

    @classmethod
    def together(cls, parts: Iterable[MaskValues]) -> MaskValues:
        """Returns what several hold together, of which none has a mask of another one."""
        whole = cls()
        for part in parts:
            whole.counts += part.counts
            whole.masks += part.masks
            whole.unreadable += part.unreadable
            for held, files in part._sets.items():
                whole._sets[held] = CountedFiles.together([whole._sets.get(held, CountedFiles()), files])
            for value, files in part._of_other_sets.items():
                others = whole._of_other_sets.get(value, CountedFiles())
                whole._of_other_sets[value] = CountedFiles.together([others, files])
        return whole

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

        Where the masks have more than 4,096 different sets of values, those with the rarer sets count only with the
        value that most of them hold.
        """
        wanted = set(values)
        found = [files for held, files in self._sets.items() if not wanted.isdisjoint(held)]
        others = [files for value, files in self._of_other_sets.items() if value in wanted]
        return CountedFiles.together([*found, *sorted(others, key=_count)[-1:]])

    def holding_classes(self, table: Sequence[int], count: int) -> CountedFiles:
        """Returns the masks that hold so many different classes, beside ignored pixels, as far as the sets of values of
        masks are told apart.

        Args:
            table: the class of each raw value; 255 = ignore.
        """
        chosen = (files for held, files in self._sets.items() if len({table[v] for v in held} - {IGNORE}) == count)
        return CountedFiles.together(chosen)


def _count(files: CountedFiles) -> int:
    return files.count
