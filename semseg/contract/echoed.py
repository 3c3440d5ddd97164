"""Values of any length as an error shows them."""

from __future__ import annotations

LONGEST_SHOWN = 120  # characters
GAP = "..."


def echoed(value: object, most: int = LONGEST_SHOWN) -> str:
    """Returns the repr of a value with at most ``most`` characters: of a longer one the beginning and the end."""
    text = repr(value)
    if len(text) <= most:
        return text
    end = (most - len(GAP)) // 3
    return f"{text[: most - len(GAP) - end]}{GAP}{text[-end:]}"
