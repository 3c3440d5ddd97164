"""The names of the samples in a stream, where a job of this machine told them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Optional

import numpy as np

from semseg.contract.stream_names import read_names, read_order
from semseg.plumbing.json_file import broken
from semseg.plumbing.regular_file import open_regular

MOST_BYTES = 2**30

NameOf = Callable[[int], Optional[str]]  # of a record of one pass, counted from 0; None where it has no name


class StreamNames:
    """The names of one channel's samples. They stay in their file; of each, its place there is kept, 8 bytes.

    Args:
        path: of the file; see ``contract/stream_names.py``.

    Raises:
        PlatformError: it is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with open_regular(path, MOST_BYTES) as file:
                self.order = read_order(file.readline())
                places = [file.tell(), *map(len, file)]
            if len(places) - 1 != self.order.samples:
                raise ValueError(f"it names {len(places) - 1} samples, and its first line says {self.order.samples}")
        except (OSError, ValueError, RecursionError) as error:
            raise broken(path, str(error)) from error
        self._places = np.cumsum(np.array(places, np.int64))

    @classmethod
    def told_at(cls, path: Path) -> StreamNames | None:
        """Returns the names in a file; None where there is no such file, as on SageMaker."""
        return cls(path) if path.exists() else None

    def of_pass(self, number: int) -> NameOf:
        """Returns what gives the records of a pass their names."""
        order = self.order.of_pass(number)
        parts = len(self._names(0)) if self.order.samples else 1

        def name(record: int) -> str | None:
            sample, part = divmod(record, parts)
            return self._names(int(order[sample]))[part] if sample < len(order) else None

        return name

    def _names(self, sample: int) -> list[str]:
        try:
            with self._path.open("rb") as file:
                file.seek(int(self._places[sample]))
                return read_names(file.readline())
        except (OSError, ValueError, RecursionError) as error:
            raise broken(self._path, str(error)) from error
