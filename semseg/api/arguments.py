"""Checks of what a script gives in the wrong place or of the wrong type; each refusal is one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.contract.echoed import echoed
from semseg.errors import UserError


def check_count(name: str, count: Any) -> None:
    """Refuses a number of machines that is none; None stands for 1."""
    if count is None or (type(count) is int and count >= 1):
        return
    changed_places = isinstance(count, str) and not count.isdigit()
    way_out = ": the number of machines comes first, then instance_type" if changed_places else ""
    raise UserError(f"{name} must be a whole number of at least 1, got {echoed(count)}{way_out}")


def check_flag(name: str, value: Any) -> None:
    """Refuses what is neither True nor False, such as a text in the wrong place."""
    if value not in (True, False):
        raise UserError(f"{name} must be True or False, got {echoed(value)}")


def check_text(name: str, value: Any) -> None:
    """Refuses what is neither a string nor None."""
    if value is not None and not isinstance(value, str):
        raise UserError(f"{name} must be a string, got {echoed(value)}")


def check_has_method(name: str, value: Any, method: str) -> None:
    """Refuses an object without this method, and a class in the place of an object; None passes."""
    if value is None:
        return
    if isinstance(value, type) or not callable(getattr(value, method, None)):
        raise UserError(f"{name} must be an object with {method}(), got {what_it_is(value)}")


def checked_strings(name: str, values: Mapping[str, str] | None) -> dict[str, str]:
    """Returns a copy of environment variables, after a check that all names and values are strings; None is empty."""
    rule = f"{name} must map strings to strings, got"
    if values is not None and not isinstance(values, Mapping):
        raise UserError(f"{rule} {echoed(values)}")
    for key, value in (values or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise UserError(f"{rule} {key!r}: {echoed(value)}")
    return dict(values or {})


def what_it_is(value: object) -> str:
    """Returns the type of a value with its article, such as "a list"; of a class how an object of it is made."""
    if isinstance(value, type):
        return f"the class {value.__name__}: write {value.__name__}()"
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOaeio' else 'a'} {name}"
