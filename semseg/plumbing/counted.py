"""Numbers of things in sentences: "1 sample", "2 samples"."""

from __future__ import annotations


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
