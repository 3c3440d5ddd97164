"""Curves over the epochs of a job, or over other steps, as a picture, black on white."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image, ImageDraw

from semseg.drawing.line_chart import BOTTOM, LEFT, RIGHT, TOP, Chart, above, side_of
from semseg.drawing.text import GREY, INK, PAPER, fitting, font_of

_FINER = 2  # a picture is drawn so much larger and then made smaller, so that its lines are smooth


def as_picture(chart: Chart, width: int = 480, height: int = 240) -> Image.Image:
    """Returns a chart as a picture of Pillow, black on white. Sizes are in pixels."""
    large = Image.new("RGB", (width * _FINER, height * _FINER), PAPER)
    lines, bottom, half = ImageDraw.Draw(large), height - BOTTOM, (TOP + height - BOTTOM) // 2
    for across in (TOP, half):
        lines.line(_finer([(LEFT, across), (width - RIGHT, across)]), fill=(225, 225, 225), width=_FINER)
    lines.line(_finer([(LEFT, TOP), (LEFT, bottom), (width - RIGHT, bottom)]), fill=GREY, width=_FINER)
    for series in chart.drawn:
        _draw_curve(lines, _finer(chart.places([series.mark, *series.points], width, height)), series.colour)
    picture = large.resize((width, height), Image.Resampling.BOX)
    _letter(picture, chart, half)
    return picture


def _draw_curve(lines: ImageDraw.ImageDraw, places: list[tuple[float, float]], colour: str) -> None:
    """Draws a curve; the first of the places is that of its mark."""
    (x, y), *line = places
    if len(line) > 1:
        lines.line(line, fill=colour, width=2 * _FINER, joint="curve")
    size = 4 * _FINER
    lines.ellipse([x - size, y - size, x + size, y + size], fill=colour, outline=PAPER, width=_FINER)


def _letter(picture: Image.Image, chart: Chart, half: int) -> None:
    draw, font, small = ImageDraw.Draw(picture), font_of(13), font_of(11)
    width, height = picture.size
    draw.text((LEFT, 2), fitting(chart.title, width - LEFT - RIGHT, font), INK, font)
    for level, value in ((TOP, chart.top), (half, chart.top / 2), (height - BOTTOM, 0.0)):
        draw.text((LEFT - 5, level), f"{value:.3g}", GREY, small, anchor="rm")
    for series in chart.drawn:
        [(x, y)] = chart.places([series.mark], width, height)
        anchor = {"middle": "ms", "end": "rs", "start": "ls"}[side_of(x, width)]
        draw.text((x, above(y)), series.words, INK, small, anchor=anchor)
    first, last = chart.shown_ends
    draw.text((LEFT, height - 4), first, GREY, small, anchor="ls")
    draw.text((width - RIGHT, height - 4), last, GREY, small, anchor="rs")


def _finer(points: Iterator[tuple[float, float]] | Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x * _FINER, y * _FINER) for x, y in points]
