"""A small picture of how a job learns, as SVG in HTML: it takes the colours of the notebook's theme."""

from __future__ import annotations

import html
from collections.abc import Sequence

WIDTH, HEIGHT = 300, 120  # of one panel, in pixels
LEFT, TOP, RIGHT, BOTTOM = 40, 18, 8, 18  # margins of a panel
RED, BLUE = "#d62728", "#1f77b4"

Point = tuple[int, float]  # an epoch, counted from 1, and its value


def panel(title: str, points: Sequence[Point], epochs: int, colour: str, top: float | None = None) -> str:
    """Returns one curve over the epochs as an SVG element; "" without points.

    Args:
        epochs: where the axis ends.
        top: of the vertical axis, which begins at 0; None means the highest value.
    """
    if not points:
        return ""
    highest = max(value for _, value in points) if top is None else top
    places = [(_across(epoch, epochs), _down(value, highest)) for epoch, value in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = places[-1]
    bottom = HEIGHT - BOTTOM
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" font-size="11" fill="currentColor" '
        f'role="img" aria-label="{html.escape(title)}">'
        f'<path d="M{LEFT},{TOP}V{bottom}H{WIDTH - RIGHT}" fill="none" stroke="currentColor" opacity="0.5"/>'
        f'<text x="{LEFT}" y="{TOP - 6}">{html.escape(title)}</text>'
        f'<text x="{LEFT - 4}" y="{TOP + 8}" text-anchor="end">{highest:.3g}</text>'
        f'<text x="{LEFT - 4}" y="{bottom}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{HEIGHT - 5}">1</text>'
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 5}" text-anchor="end">epoch {epochs}</text>'
        f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/></svg>'
    )


def _across(epoch: int, epochs: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (epoch - 1) / max(1, epochs - 1)


def _down(value: float, highest: float) -> float:
    share = min(1.0, max(0.0, value / highest)) if highest > 0 else 0.0
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
