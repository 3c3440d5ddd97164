"""How much an endpoint takes on, and how long it takes to leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from semseg.errors import UserError

MEGABYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """What one request may ask for, and what a stopping server may take."""

    max_body_bytes: int = 25 * MEGABYTE
    max_pixels: int = 50_000_000  # width times height
    max_side: int = 16_384  # pixels, of width and of height
    drain_seconds: int = 25  # SageMaker kills a container 30 seconds after it asked it to stop

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Limits:
        """The limits that SEMSEG_MAX_BODY_BYTES, SEMSEG_MAX_PIXELS, SEMSEG_MAX_SIDE and SEMSEG_DRAIN_SECONDS set.

        Raises:
            UserError: one of them is no whole number of at least 1.
        """
        return cls(
            max_body_bytes=_whole_number(environment, "SEMSEG_MAX_BODY_BYTES", cls.max_body_bytes),
            max_pixels=_whole_number(environment, "SEMSEG_MAX_PIXELS", cls.max_pixels),
            max_side=_whole_number(environment, "SEMSEG_MAX_SIDE", cls.max_side),
            drain_seconds=_whole_number(environment, "SEMSEG_DRAIN_SECONDS", cls.drain_seconds),
        )


def _whole_number(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise UserError(f"The environment variable {name} must be a whole number of at least 1, got {text!r}")
    return int(text)
