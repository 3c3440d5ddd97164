"""The reprs of what people hold: what a thing is, in a few words."""

from __future__ import annotations

from collections.abc import Callable


def shown(thing: object, words: Callable[[], str]) -> str:
    """Returns ``<Class words>``; it never raises: where the words cannot be had, it is ``<Class>``."""
    kind = type(thing).__name__
    try:
        return f"<{kind} {words()}>"
    except Exception:  # a repr is asked for in the midst of errors, and of objects that are half made
        return f"<{kind}>"
