"""How often a model is right against how sure it is, as SVG, which takes the colours of the page around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from semseg.drawing.line_chart import BLUE

SIDE, LEFT, TOP, BOTTOM = 220, 44, 20, 34  # pixels: of the square, and the margins around it
LARGEST, SMALLEST = 9.0, 2.0  # radius in pixels of a point that stands for all pixels, and for hardly any


class ReliabilityPoint(NamedTuple):
    """Pixels of about the same confidence.

    Attributes:
        confidence: their mean confidence, 0 to 1.
        accuracy: the share of them that are right, 0 to 1.
        share: of all pixels, 0 to 1.
    """

    confidence: float
    accuracy: float
    share: float


def as_svg(points: Sequence[ReliabilityPoint]) -> str:
    """Returns a reliability diagram as an SVG element: a point for each range of confidences, as large as it has
    pixels, and the diagonal on which a model that knows how sure to be has them all.
    """
    right, bottom = LEFT + SIDE, TOP + SIDE
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(_place, points))
    dots = "".join(_dot(point) for point in points)
    return (
        f'<svg width="{right + 12}" height="{bottom + BOTTOM}" viewBox="0 0 {right + 12} {bottom + BOTTOM}" '
        f'font-size="11" fill="currentColor" role="img" aria-label="{_told(points)}">'
        f'<path d="M{LEFT},{TOP}V{bottom}H{right}" fill="none" stroke="currentColor" opacity="0.5"/>'
        f'<path d="M{LEFT},{bottom}L{right},{TOP}" stroke="currentColor" opacity="0.5" stroke-dasharray="4 4"/>'
        f'<text x="{LEFT}" y="{TOP - 8}">accuracy</text>'
        f'<text x="{LEFT - 5}" y="{TOP + 4}" text-anchor="end">1</text>'
        f'<text x="{LEFT - 5}" y="{bottom + 4}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{bottom + 14}">0</text>'
        f'<text x="{right}" y="{bottom + 14}" text-anchor="end">1</text>'
        f'<text x="{right}" y="{bottom + 28}" text-anchor="end">confidence</text>'
        f'<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="1.5"/>{dots}</svg>'
    )


def _place(point: ReliabilityPoint) -> tuple[float, float]:
    return LEFT + SIDE * point.confidence, TOP + SIDE * (1 - point.accuracy)


def _dot(point: ReliabilityPoint) -> str:
    x, y = _place(point)
    radius = max(SMALLEST, LARGEST * point.share**0.5)  # so that areas are as the shares
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{BLUE}"/>'


def _told(points: Sequence[ReliabilityPoint]) -> str:
    """Returns what the diagram shows, for those who do not see it."""
    told = ", ".join(f"{point.accuracy:.2f} at {point.confidence:.2f}" for point in points)
    return f"accuracy at each confidence: {told}"
