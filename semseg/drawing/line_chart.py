"""Curves over the epochs of a job, or over other steps, as SVG, which takes the colours of the page around it."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

LEFT, TOP, RIGHT, BOTTOM = 44, 20, 12, 20  # margins in pixels
ORANGE, BLUE = "#e76300", "#3f90da"  # of the loss, of scores: of the palette of classes, readable on black and white

Point = tuple[int, float]  # an epoch, counted from 1, and its value


@dataclass(frozen=True)
class Series:
    """One curve.

    Attributes:
        points: in the order of their epochs.
        colour: as HTML writes it.
        name: in the legend, which is drawn where there are several curves.
        marked: the epoch that is marked as the best; None marks the last one as where the job is.
        said: what is written at the marked point; empty means its value.
    """

    points: Sequence[Point]
    colour: str
    name: str = ""
    marked: int | None = None
    said: str = ""

    @property
    def words(self) -> str:
        """What is written at the marked point."""
        return self.said or f"{self.mark[1]:.3g}"

    @property
    def mark(self) -> Point:
        """The point that is marked."""
        return next((point for point in self.points if point[0] == self.marked), self.points[-1])


@dataclass(frozen=True)
class Chart:
    """Curves on common axes. The vertical one begins at 0.

    Attributes:
        title: what the values are.
        series: those without points are not drawn.
        epochs: where the horizontal axis ends.
        highest: where the vertical axis ends; None is the highest value.
        ends: what is written at both ends of the horizontal axis; None means the first and the last epoch.
    """

    title: str
    series: Sequence[Series]
    epochs: int
    highest: float | None = None
    ends: tuple[str, str] | None = None

    @property
    def shown_ends(self) -> tuple[str, str]:
        """What is written at both ends of the horizontal axis."""
        return self.ends or ("1", f"epoch {self.epochs}")

    @property
    def drawn(self) -> list[Series]:
        """The curves that have points."""
        return [series for series in self.series if series.points]

    @property
    def top(self) -> float:
        """The value where the vertical axis ends."""
        if self.highest is not None:
            return self.highest
        return max((value for series in self.drawn for _, value in series.points), default=0.0)

    def places(self, points: Sequence[Point], width: float, height: float) -> Iterator[tuple[float, float]]:
        """Yields where points stand, in pixels from the upper left corner of a chart of this size."""
        across, down, top = width - LEFT - RIGHT, height - TOP - BOTTOM, self.top
        for epoch, value in points:
            share = min(1.0, max(0.0, value / top)) if top > 0 else 0.0
            yield LEFT + across * (epoch - 1) / max(1, self.epochs - 1), height - BOTTOM - down * share


def as_svg(chart: Chart, width: int = 300, height: int = 120) -> str:
    """Returns a chart as an SVG element; "" without points. Sizes are in pixels."""
    if not chart.drawn:
        return ""
    bottom, half = height - BOTTOM, (TOP + height - BOTTOM) // 2
    first, last = map(html.escape, chart.shown_ends)
    frame = (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-size="11" fill="currentColor" '
        f'role="img" aria-label="{html.escape(_told(chart))}">'
        f'<path d="M{LEFT},{half}H{width - RIGHT}M{LEFT},{TOP}H{width - RIGHT}" stroke="currentColor" opacity="0.15"/>'
        f'<path d="M{LEFT},{TOP}V{bottom}H{width - RIGHT}" fill="none" stroke="currentColor" opacity="0.5"/>'
        f'<text x="{LEFT}" y="{TOP - 8}">{html.escape(chart.title)}</text>'
        f'<text x="{LEFT - 5}" y="{TOP + 4}" text-anchor="end">{chart.top:.3g}</text>'
        f'<text x="{LEFT - 5}" y="{half + 4}" text-anchor="end">{chart.top / 2:.3g}</text>'
        f'<text x="{LEFT - 5}" y="{bottom + 4}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{height - 6}">{first}</text>'
        f'<text x="{width - RIGHT}" y="{height - 6}" text-anchor="end">{last}</text>'
    )
    return f"{frame}{''.join(_svg_curve(chart, series, width, height) for series in chart.drawn)}</svg>"


def _svg_curve(chart: Chart, series: Series, width: int, height: int) -> str:
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in chart.places(series.points, width, height))
    [(x, y)] = chart.places([series.mark], width, height)
    return (
        f'<polyline points="{line}" fill="none" stroke="{series.colour}" stroke-width="1.5" stroke-linejoin="round"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{series.colour}"/>'
        f'<text x="{x:.1f}" y="{above(y):.1f}" text-anchor="{side_of(x, width)}">{html.escape(series.words)}</text>'
    )


def above(y: float) -> float:
    """Returns where the value of a marked point is written: above it, or below where it is near the top."""
    return y - 8 if y > TOP + 16 else y + 16


def side_of(x: float, width: int) -> str:
    """Returns which end of the value stands at a marked point, so that it stays on the chart."""
    return "middle" if LEFT + 16 < x < width - RIGHT - 16 else "end" if x > LEFT + 16 else "start"


def _told(chart: Chart) -> str:
    """Returns what a chart shows, for those who do not see it."""
    marks = []
    for series in chart.drawn:
        epoch, value = series.mark
        told = series.said or (f"{value:.4g} in epoch {epoch}" if chart.ends is None else f"{value:.4g}")
        marks.append(f"{f'{series.name}: ' if series.name else ''}{told}")
    return f"{chart.title}: {', '.join(marks)}"
