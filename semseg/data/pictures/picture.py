"""The file of a picture, wherever it lies."""

from __future__ import annotations

from typing import Protocol


class Picture(Protocol):
    """The file of a picture, on disk or elsewhere; a Path is one."""

    @property
    def suffix(self) -> str: ...

    def read_bytes(self) -> bytes: ...
