"""Counts the files that something is true of, and keeps the names of the first of them."""

from __future__ import annotations

import os
from collections.abc import Iterable

from semseg.contract.findings import SHOWN_FILES
from semseg.plumbing.counted import counted, listed


class CountedFiles:
    """Files that something is true of.

    Attributes:
        count: how many they are.
    """

    def __init__(self) -> None:
        self.count = 0
        # The places of the first of them in the order of the samples, their names, what a sentence says behind them.
        self._first: list[tuple[str, str, str]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """Returns the names of the first of them in the order of the samples, which is that of their names, in whatever
        order they were added.
        """
        return tuple(name for _, name, _ in self._first)

    def add(self, name: str, remark: str = "") -> None:
        """Counts one file; a sentence says the remark behind its name."""
        self.count += 1
        place = os.path.splitext(name)[0]
        if len(self._first) < SHOWN_FILES or place < self._first[-1][0]:
            self._first = sorted([*self._first, (place, name, remark)])[:SHOWN_FILES]

    def of(self, all_files: int, noun: str, channel: str) -> str:
        """Returns how many they are of all files of their kind: "3 of 20 masks of channel train_annotation"."""
        return f"{self.count} of {counted(all_files, noun)} of channel {channel}"

    def first(self, channel: str) -> str:
        """Returns the first names, in a sentence that has named their channel: "first a.png, b.png and c.png"."""
        start = f"{channel}/"
        shown = (f"{name[len(start) :] if name.startswith(start) else name}{remark}" for _, name, remark in self._first)
        return f"first {listed(shown)}"

    @classmethod
    def together(cls, parts: Iterable[CountedFiles]) -> CountedFiles:
        """Returns the files of several counts, of which none has a file of another one."""
        whole = cls()
        for part in parts:
            whole.count += part.count
            whole._first = sorted([*whole._first, *part._first])[:SHOWN_FILES]
        return whole
