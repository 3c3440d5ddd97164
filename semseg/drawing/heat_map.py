"""Shares in a grid as a picture: what is on the diagonal in blue, what is beside it in orange."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from semseg.drawing.text import GREY, INK, PAPER, Font, fitting, font_of

RIGHT, WRONG = (63, 144, 218), (231, 99, 0)  # of the palette of classes
_CELL, _GAP, _WIDEST = 44, 10, 170  # pixels of a cell, around all, of the longest name
_SMALLEST = 18  # pixels of a cell where there are many
_ROOM = 1000  # pixels of all cells of a row together


def draw_heat_map(shares: np.ndarray, names: Sequence[str], rows: str, columns: str) -> Image.Image:
    """Returns a picture of shares with their names.

    Args:
        shares: (C, C) float64, 0 to 1; nan where there is none.
        names: of the rows and of the columns, C of them.
        rows, columns: what they are, such as "truth" and "prediction".
    """
    count = len(names)
    cell = max(_SMALLEST, min(_CELL, _ROOM // count))
    font, small = font_of(13), font_of(max(8, min(13, cell // 3)))
    shown = [fitting(name, _WIDEST, font) for name in names]
    edge = _GAP * 2 + max(int(font.getlength(name)) for name in shown)
    size = edge + count * cell + _GAP
    picture = Image.new("RGB", (max(size, edge + _WIDEST), size + 18), PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((_GAP, _GAP), f"{rows} down, {columns} across; percent of a row", GREY, font)
    for place, name in enumerate(shown):
        middle = edge + 18 + place * cell + cell // 2
        draw.text((edge - _GAP, middle), name, INK, font, anchor="rm")
        _write_upwards(picture, name, (edge + place * cell + cell // 2, edge + 18 - _GAP // 2), font)
    for (row, column), share in np.ndenumerate(shares):
        corner = edge + column * cell, edge + 18 + row * cell
        _draw_cell(draw, corner, cell, float(share), row == column, small)
    return picture


def _draw_cell(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], cell: int, share: float, is_right: bool, font: Font
) -> None:
    left, top = corner
    known = 0.0 if np.isnan(share) else share
    full = RIGHT if is_right else WRONG
    colour = tuple(round(255 + (part - 255) * known**0.6) for part in full)
    draw.rectangle([left, top, left + cell - 2, top + cell - 2], fill=colour if known else (246, 246, 246))
    if known >= 0.005:
        draw.text((left + cell // 2 - 1, top + cell // 2 - 1), f"{100 * known:.0f}", INK, font, anchor="mm")


def _write_upwards(picture: Image.Image, text: str, foot: tuple[int, int], font: Font) -> None:
    """Writes a text that is read from below, centred on and ending at a point of the picture."""
    length = max(1, int(font.getlength(text)))
    line = Image.new("RGB", (length, 18), PAPER)
    ImageDraw.Draw(line).text((0, 1), text, INK, font)
    picture.paste(line.rotate(90, expand=True), (foot[0] - 9, foot[1] - length))
