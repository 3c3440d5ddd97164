"""Arrays of MXNet that become arrays of numpy one by one, when they are asked for, so that few lie in memory twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np


class AsNumpy(Mapping[str, np.ndarray]):
    """Arrays of numpy by their names.

    Args:
        sources: what each is made of.
        convert: makes an array of a source; called each time that the array is asked for.
    """

    def __init__(self, sources: Mapping[str, Any], convert: Callable[[Any], np.ndarray]) -> None:
        self._sources = sources
        self._convert = convert

    def __getitem__(self, name: str) -> np.ndarray:
        return self._convert(self._sources[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)
