"""What is read from annotation files that others wrote: of the type that is needed, finite and within bounds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from semseg.conversion.conversion_problems import Unusable
from semseg.errors import ChannelError
from semseg.plumbing.regular_file import read_regular

MAX_BYTES = 2**30  # of an annotation file: that of COCO's 118,287 training pictures has 0.45 GB
MAX_SIDE = 65_535  # of a picture in pixels: a JPEG file's bound
LONGEST = 200  # characters of a label
_SHOWN = 60


def read_bytes(path: Path) -> bytes:
    """Returns the content of an annotation file; a ChannelError names it."""
    try:
        return read_regular(path, MAX_BYTES)
    except OSError as error:
        raise ChannelError(f"{path} cannot be read: {error.strerror}") from error


def parse_json(content: bytes) -> Any:
    """Returns what JSON text holds; NaN and Infinity, which are no JSON, are refused.

    Raises:
        Unusable: it is no such text.
    """
    try:
        return json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"it must be JSON ({str(error)[:_SHOWN]}): export it anew") from error


def parse_object(content: bytes) -> dict[str, Any]:
    """Returns the JSON object in a text; raises as :func:`parse_json`."""
    found = parse_json(content)
    if not isinstance(found, dict):
        raise Unusable(f"it must hold a JSON object, got {shown(found)}")
    return found


def shown(value: Any) -> str:
    """Returns a short form of a value for a sentence."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def entry(content: Any, key: str, kind: type, noun: str) -> Any:
    """Returns the value of ``key`` in a JSON object, which must be of a type such as ``list``; ``noun`` names that."""
    value = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise Unusable(f"{key} must be {noun}, got {shown(value)}")
    return value


def label(content: Any, key: str) -> str:
    """Returns a label: a text of 1 to 200 characters on one line."""
    value = str(entry(content, key, str, "a text"))
    if not value.strip() or len(value) > LONGEST or not value.isprintable():
        raise Unusable(f"{key} must be a text of 1 to {LONGEST} characters on one line, got {shown(value)}")
    return value


def side(value: Any, key: str) -> int:
    """Returns a width or a height in pixels, 1 to 65,535, from a number or its digits."""
    number = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,5}", value) else value
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MAX_SIDE:
        raise Unusable(f"{key} must be a whole number of 1 to {MAX_SIDE}, got {shown(value)}")
    return number


def finite(value: Any, key: str) -> float:
    """Returns a finite number from a number or, as XML has it, a text."""
    try:
        number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise Unusable(f"{key} must be a finite number, got {shown(value)}")
    return number


def points(value: Any, key: str, size: tuple[int, int]) -> np.ndarray:
    """Returns points from a list of pairs of numbers.

    Args:
        size: width and height of the picture. A point may lie outside it, by no more than its larger side.

    Returns:
        (N, 2) float64, x and y.
    """
    pairs = value if isinstance(value, Sequence) and not isinstance(value, str) else None
    if pairs is None or any(not isinstance(pair, Sequence) or len(pair) != 2 for pair in pairs):
        raise Unusable(f"{key} must be a list of points, each with two numbers, got {shown(value)}")
    found = np.array([[finite(number, key) for number in pair] for pair in pairs], np.float64).reshape(-1, 2)
    most = max(size)
    if len(found) and (found.min() < -most or (found - size).max() > most):
        raise Unusable(
            f"{key} must lie in the picture of {size[0]} x {size[1]} pixels or near it, got numbers from "
            f"{found.min():g} to {found.max():g}"
        )
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")
