"""The check of a parameter that may have a few values only."""

from __future__ import annotations

from typing import Any

from semseg.contract.echoed import echoed
from semseg.errors import UserError


def check_one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    """Raises UserError where the value of parameter ``name`` is not one of ``allowed``."""
    if value not in allowed:
        choice = f"one of {', '.join(allowed)}" if len(allowed) > 1 else allowed[0]
        raise UserError(f"{name} must be {choice}, got {echoed(value)}")
