"""One colour of a mask: read from what people write, and shown."""

from __future__ import annotations

import re
from typing import Any

from PIL import ImageColor

Colour = tuple[int, int, int]  # red, green and blue, 0 to 255

_HIGHEST = 255
_NUMBERS = re.compile(r"\(?\s*([0-9]{1,3})\s*[,;\s]\s*([0-9]{1,3})\s*[,;\s]\s*([0-9]{1,3})\s*\)?")
_BARE_HEX = re.compile("[0-9a-fA-F]{6}")
RULE = 'must be "#rrggbb" or [red, green, blue] of 0 to 255, without alpha'
_SHOWN = 60  # characters of a value in an error


def read_colour(value: Any) -> Colour:
    """Returns the colour that a value of JSON, or a cell of a list, stands for.

    Args:
        value: "#rrggbb", "#rgb", [r, g, b], "r,g,b", "rgb(r, g, b)" or the name of a colour in CSS, such as "red".

    Raises:
        ValueError: it stands for none; the sentence has no beginning, as in "must be ..., got ...".
    """
    numbers = _from_text(value.strip()) if isinstance(value, str) else value
    if not (isinstance(numbers, (list, tuple)) and len(numbers) == len(("red", "green", "blue"))):
        raise ValueError(f"{RULE}, got {value!r:.{_SHOWN}}")
    if not all(type(number) is int and 0 <= number <= _HIGHEST for number in numbers):
        raise ValueError(f"{RULE}, got {value!r:.{_SHOWN}}")
    return numbers[0], numbers[1], numbers[2]


def is_colour(value: Any) -> bool:
    """Returns whether :func:`read_colour` takes the value."""
    try:
        read_colour(value)
    except ValueError:
        return False
    return True


def shown(colour: Colour) -> str:
    """Returns a colour as "#4682b4"."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def distance(one: Colour, other: Colour) -> int:
    """Returns the largest difference between two colours in red, green or blue, 0 to 255."""
    return max(abs(a - b) for a, b in zip(one, other))


def _from_text(text: str) -> tuple[int, ...] | None:
    """Returns the numbers that a text stands for, which may be too many or too large; None for none."""
    numbers = _NUMBERS.fullmatch(text)
    if numbers:
        return tuple(int(number) for number in numbers.groups())
    try:
        return ImageColor.getrgb(f"#{text}" if _BARE_HEX.fullmatch(text) else text)
    except ValueError:
        return None
