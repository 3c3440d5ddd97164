"""The value of "colors" in a label map: the colours of each class, read, and turned where it is the wrong way round."""

from __future__ import annotations

import re
from typing import Any

from semseg.contract.label_maps import COLORS, MAP, NAMES
from semseg.contract.png_mask import IGNORE
from semseg.data.labels.colour import Colour, is_colour, read_colour, shown
from semseg.data.labels.label_map_json import as_json, integer, short
from semseg.errors import ChannelError

_LAST_CLASS = 253  # num_classes is at most 254
_CLASS = re.compile("[0-9]{1,3}")
_NUMBER = re.compile("[-+.0-9]*")


def colour_classes(entries: Any, name: str) -> dict[Colour, int]:
    """Returns the class of each colour that the value of "colors" names.

    Args:
        entries: an object of classes and colours, or a list, in which the first colour is that of class 0. Each value
            is one colour or a list of several; see :func:`semseg.data.labels.colour.read_colour`.
        name: what an error calls the label map.

    Raises:
        ChannelError: it is no such object, or gives a colour to two classes; one that is the wrong way round is told
            with the label map to write.
    """
    if isinstance(entries, list) and entries:
        entries = {str(label): value for label, value in enumerate(entries)}
    if not isinstance(entries, dict) or not entries:
        raise ChannelError(f'{name}: {COLORS} must be an object like {{"<class>": "#rrggbb"}}, got {short(entries)}')
    right = right_way_round(entries)
    if right is not None:
        raise ChannelError(f"{name}: {COLORS} must have classes as keys and their colours as values: write {right}")
    class_of: dict[Colour, int] = {}
    for key, value in entries.items():
        label = _class(key, name)
        for colour in _several(value, f"{name}: the colour of class {label}"):
            if class_of.setdefault(colour, label) != label:
                raise ChannelError(
                    f"{name}: colour {shown(colour)} is given to class {class_of[colour]} and to class {label}, and "
                    "can be one class only (each key of colors is a class)"
                )
    return class_of


def refuse_colours_in_map(entries: Any, name: str) -> None:
    """Refuses colours in the value of "map", where pixel values belong.

    Raises:
        ChannelError: with the label map to write.
    """
    if not isinstance(entries, dict):
        return
    values = [part for value in entries.values() for part in (value if isinstance(value, list) else [value])]
    if any(isinstance(value, (str, list)) and is_colour(value) for value in (*values, *entries)):
        right = right_way_round(entries) or as_json({COLORS: entries})
        raise ChannelError(
            f"{name}: {MAP} must have classes as keys and pixel values of 0 to 255 as values, got colours: "
            f"write {right}"
        )


def right_way_round(entries: dict[str, Any]) -> str | None:
    """Returns the JSON of the label map that was meant by one with colours or names as keys; None for any other."""
    if all(_CLASS.fullmatch(key) for key in entries):
        return None
    if all(is_colour(key) and not _is_colour_too(value) for key, value in entries.items()):
        return _exchanged(entries)
    if all(is_colour(value) and not _NUMBER.fullmatch(key) for key, value in entries.items()):  # for each name
        labels = {key: str(label) for label, key in enumerate(entries)}
        colors = {labels[key]: value for key, value in entries.items()}
        return as_json({COLORS: colors, NAMES: {labels[key]: key for key in entries}})
    return None


def _exchanged(entries: dict[str, Any]) -> str | None:
    """Returns the JSON of a label map for colours as keys, and classes or names as values; None for other values."""
    if all(_is_class(value) for value in entries.values()):
        return as_json({COLORS: _colours_of({key: int(value) for key, value in entries.items()})})
    if all(isinstance(value, str) for value in entries.values()):
        labels = {value: label for label, value in enumerate(dict.fromkeys(entries.values()))}
        colors = _colours_of({key: labels[value] for key, value in entries.items()})
        return as_json({COLORS: colors, NAMES: {str(label): value for value, label in labels.items()}})
    return None


def _colours_of(labels: dict[str, int]) -> dict[str, Any]:
    """Returns the value of "colors" for colours and their classes."""
    colors: dict[str, Any] = {}
    for label in sorted(set(labels.values())):
        own = [shown(read_colour(key)) for key, of in labels.items() if of == label]
        colors[str(label)] = own[0] if len(own) == 1 else own
    return colors


def _is_class(value: Any) -> bool:
    return type(value) is int or (isinstance(value, str) and _CLASS.fullmatch(value) is not None)


def _is_colour_too(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, str) and value.startswith("#"))


def _class(key: str, name: str) -> int:
    what = f"{name}: a class (a key of {COLORS})"
    label = integer(key, 0, what)
    if _LAST_CLASS < label < IGNORE:
        raise ChannelError(f"{what} must be an integer of 0 to {_LAST_CLASS}, or {IGNORE} to ignore, got {label}")
    return label


def _several(value: Any, what: str) -> list[Colour]:
    """Returns the colours that one colour or a list of several stand for."""
    is_list = isinstance(value, list) and bool(value) and all(isinstance(part, (str, list)) for part in value)
    try:
        return [read_colour(part) for part in (value if is_list else [value])]
    except ValueError as error:
        raise ChannelError(f"{what} {error}") from None
