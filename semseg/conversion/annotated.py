"""A picture with what was drawn on it, as all formats give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from semseg.conversion.canvas import Canvas


@dataclass(frozen=True)
class Annotated:
    """A picture and its annotations.

    Attributes:
        name: of the sample, a path without suffix, with ``/`` between its parts.
        picture: its file.
        place: where it is annotated, for sentences.
        size: width and height in pixels as the annotations have them; None where they do not say.
        draw: paints the objects on a canvas of that size. Called from any thread, once.
    """

    name: str
    picture: Path
    place: str
    size: tuple[int, int] | None
    draw: Callable[[Canvas], None]


@dataclass(frozen=True)
class Annotations:
    """What one annotation file, or one folder of them, holds.

    Attributes:
        pictures: in the order of the files.
        labels: of the objects, in their order: the classes, where none are given.
    """

    pictures: Sequence[Annotated]
    labels: Sequence[str]
