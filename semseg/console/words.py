"""Values as pages show them: bytes, times, shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from typing import Callable

import numpy as np

from semseg.drawing.class_colours import Colour, class_colours, hex_colour
from semseg.plumbing.counted import counted, duration, percent

_UNITS = ("bytes", "KB", "MB", "GB", "TB")
_STEP = 1000
_TWO_DIGITS = 9.95  # from where a number with one decimal has two digits before it
NOTHING = "\N{EN DASH}"


def size(number: float) -> str:
    """Returns a number of bytes, such as "284 MB"; 1 KB is 1000 bytes."""
    power = 0
    while number >= _STEP and power < len(_UNITS) - 1:
        number, power = number / _STEP, power + 1
    decimals = 0 if power == 0 or number >= _TWO_DIGITS else 1
    return f"{number:.{decimals}f} {_UNITS[power]}"


def score(value: float | None) -> str:
    """Returns a score of 0 to 1 with three decimals; a dash for None."""
    return NOTHING if value is None else f"{value:.3f}"


def share(value: float) -> str:
    """Returns a share of 0 to 1 in percent."""
    return percent(value, 1)


def moment(value: datetime | None) -> str:
    """Returns a time of this machine's zone, such as "26 Nov 2026, 16:17"; a dash for None."""
    return NOTHING if value is None else f"{value.astimezone():%-d %b %Y, %H:%M}"


def machine_time(value: datetime) -> str:
    """Returns a time for the attribute datetime of HTML."""
    return value.astimezone(timezone.utc).isoformat(timespec="seconds")


def clock(seconds: float | None) -> str:
    """Returns a duration as clocks show it; a dash for None."""
    return NOTHING if seconds is None else duration(seconds)


def class_colour(number: int, given: Mapping[int, Colour] | None = None) -> str:
    """Returns the colour of a class, as HTML has it.

    Args:
        given: the colours of some classes, as a label map gives them.
    """
    return hex_colour((given or {}).get(number, _colours()[number]))


@lru_cache(maxsize=1)
def _colours() -> np.ndarray:
    return class_colours()


def line_colour(number: int) -> str:
    """Returns the colour of a curve among several, as HTML has it: that of a class, but for the grey of class 0."""
    return class_colour(number + 1)


FILTERS: Mapping[str, Callable[..., str]] = {
    "size": size,
    "score": score,
    "share": share,
    "moment": moment,
    "machine_time": machine_time,
    "clock": clock,
    "counted": counted,
    "class_colour": class_colour,
    "line_colour": line_colour,
}
