"""The names of classes: the rule for one, and how a class is shown with its name."""

from __future__ import annotations

from collections.abc import Mapping

LONGEST = 100  # characters of a name
RULE = f"a text of 1 to {LONGEST} printable characters"


def is_name(value: object) -> bool:
    """Returns whether a value can be the name of a class."""
    return isinstance(value, str) and bool(value.strip()) and len(value) <= LONGEST and value.isprintable()


def with_name(label: int, names: Mapping[int, str]) -> str:
    """Returns a class as a sentence shows it: "class 3 (pole)", or "class 3" where it has no name."""
    return f"class {label} ({names[label]})" if label in names else f"class {label}"
