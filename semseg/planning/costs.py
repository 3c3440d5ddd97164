"""What a plan knows of the machine: how long each kind of work takes there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """Seconds that grow with an area: ``fixed`` and ``each`` for each pixel."""

    fixed: float
    each: float

    @classmethod
    def through(cls, small: tuple[int, float], large: tuple[int, float]) -> Line:
        """Returns the line through two measurements, each an area in pixels and its seconds; neither part is below 0.

        Of two equal areas, all is taken to grow with the area.
        """
        (area, seconds), (more, longer) = small, large
        each = max((longer - seconds) / (more - area), 0.0) if more > area else seconds / area
        return cls(max(seconds - each * area, 0.0), each)

    def at(self, area: int) -> float:
        """Returns the seconds of so many pixels."""
        return self.fixed + self.each * area


@dataclass(frozen=True)
class Costs:
    """Measured times, in seconds.

    Attributes:
        step: of a training step, by the pixels of its crops together.
        reading: of a sample that is read and made a crop, while all readers work.
        validation: of a sample of the validation after an epoch, by its pixels.
        scoring: of a picture in the last scoring, which finds all scores, by its pixels.
        saving: of the parameters, once.
        spent: since the job's start, when the plan is made.
        packing: of the finished model.
    """

    step: Line
    reading: float
    validation: Line
    scoring: Line
    saving: float
    spent: float
    packing: float
