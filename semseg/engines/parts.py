"""In how many parts an engine computes its steps, as a checkpoint keeps it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

PARTS = "parts"  # the name of the array in an engine's own state


def kept_parts(parts: int, accumulate: int) -> np.ndarray:
    """Returns what is kept of an engine's parts.

    Args:
        accumulate: in how many parts the job asked for.
    """
    return np.array([parts, accumulate], np.float64)


def parts_again(parts: int, accumulate: int, state: Mapping[str, np.ndarray]) -> int:
    """Returns in how many parts an engine goes on that was made for so many: in as many as before if those were more,
    for with fewer the memory was not enough. A job that asks for another number than before gets what it asks for.

    Args:
        state: the engine's own state, which older versions kept without any parts.
    """
    if PARTS not in state:
        return parts
    before, asked = map(int, state[PARTS])
    return max(parts, before) if asked == accumulate else parts
