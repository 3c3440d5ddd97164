"""Numbers of things in sentences: "1 sample", "2 samples"."""

from __future__ import annotations

from collections.abc import Iterable

_WHOLE = 99.95  # percent, from where one decimal reads 100
_NONE = 0.05  # percent, below which one decimal reads 0


def counted(number: float, noun: str, plural: str = "") -> str:
    """Returns a number with its noun, which is plural unless the number is 1.

    Args:
        number: shown with at most six digits where it is not whole.
        noun: of one thing.
        plural: of several; left out, it is ``noun`` with an s.
    """
    shown = str(number) if isinstance(number, int) else f"{number:g}"
    return f"{shown} {noun if number == 1 else plural or f'{noun}s'}"


def duration(seconds: float) -> str:
    """Returns a time as clocks show it: 0:05, 1:30, 2:03:04; negative times are 0:00."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def percent(part: float, whole: float) -> str:
    """Returns a part in percent of the whole with at most one decimal: "20.9 %". A part reads "100 %" or "0 %" only
    where it is all or nothing.
    """
    share = 100 * part / whole
    if part < whole and share >= _WHOLE:
        return "over 99.9 %"
    if 0 < share < _NONE:
        return "under 0.1 %"
    return f"{share:.1f}".removesuffix(".0") + " %"


def listed(things: Iterable[object], most: int = 5) -> str:
    """Returns things in a row: "2, 3 and 4"; of more than ``most`` the first ones and "and 7 more"."""
    names = [str(thing) for thing in things]
    shown, more = names[:most], len(names) - most
    if len(names) < 2:
        return "".join(names)
    last = f"{more} more" if more > 0 else shown.pop()
    return f"{', '.join(shown)} and {last}"
