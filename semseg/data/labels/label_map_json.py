"""The text of a label map: its JSON, its keys, and the numbers in it."""

from __future__ import annotations

import json
import re
from typing import Any

from semseg.contract.label_maps import FORMS, NAMES, VALUES
from semseg.errors import ChannelError

_HIGHEST = 255
_SHOWN_MAP = 600  # characters of a label map that an error proposes
_SHOWN_VALUE = 80  # characters of a value that is refused


def parsed(text: str | bytes, name: str) -> dict[str, Any]:
    """Returns the JSON object of a label map, in which at most one key says what pixels mean.

    Args:
        name: what an error calls the label map.

    Raises:
        ChannelError: not JSON, or not with these keys.
    """
    try:
        description = json.loads(text, object_pairs_hook=_once)
    except _TwiceError as error:
        raise ChannelError(f"{name} must have each key once, got {error} twice: {error.way_out}") from None
    except (ValueError, RecursionError) as error:
        raise ChannelError(f"{name} is not JSON ({error}): write {FORMS}") from error
    if not isinstance(description, dict):
        raise ChannelError(f"{name} must be a JSON object, got {type(description).__name__}: write {FORMS}")
    _check_keys(description, name)
    return description


def map_classes(entries: Any, name: str) -> dict[int, int]:
    """Returns the class of each pixel value that the value of "map" names.

    Raises:
        ChannelError: it is no such object, or gives a pixel value to two classes.
    """
    if not isinstance(entries, dict) or not entries:
        raise ChannelError(f'{name}: map must be an object like {{"<class>": <pixel value>}}, got {short(entries)}')
    class_of: dict[int, int] = {}
    for key, values in entries.items():
        label = integer(key, 0, f"{name}: a class (a key of map)")
        for value in values if isinstance(values, list) else [values]:
            raw = integer(value, 0, f"{name}: the pixel value of class {label}")
            if class_of.setdefault(raw, label) != label:
                raise ChannelError(
                    f"{name}: pixel value {raw} is given to class {class_of[raw]} and to class {label}, and can be one "
                    "class only (each key of map is a class, each value the pixel value in the mask)"
                )
    return class_of


def integer(value: Any, least: int, what: str) -> int:
    """Returns an integer of ``least`` to 255 from a JSON number or a string of digits.

    Raises:
        ChannelError: it is none; the sentence begins with ``what``.
    """
    number = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,3}", value) else value
    if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= _HIGHEST:
        raise ChannelError(f"{what} must be an integer of {least} to {_HIGHEST}, got {short(value)}")
    return number


def as_json(value: Any) -> str:
    """Returns JSON for a sentence, which shows it whole if it is not too long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_MAP else f"{text[:_SHOWN_MAP]}..."


def short(value: Any) -> str:
    """Returns a value as Python shows it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN_VALUE else f"{text[:_SHOWN_VALUE]}..."


class _TwiceError(ValueError):
    """A key that an object has twice."""

    way_out = "give several pixel values or colours of one class in a list"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(short(key))
        found[key] = value
    return found


def _check_keys(description: dict[str, Any], name: str) -> None:
    unknown = [key for key in description if key not in (*VALUES, NAMES)]
    meanings = [key for key in description if key in VALUES]
    if unknown or not description:
        raise ChannelError(
            f'{name} must hold one of the keys {", ".join(VALUES)}, and "{NAMES}" if wanted, '
            f"got {short(list(description))}: write {FORMS}"
        )
    if len(meanings) > 1:
        raise ChannelError(f"{name} must hold one of {', '.join(VALUES)}, got {' and '.join(meanings)}: write {FORMS}")
