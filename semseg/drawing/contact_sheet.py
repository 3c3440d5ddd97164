"""A sheet of pictures in rows, each row with a line of text, and a legend of the classes below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from semseg.drawing.class_colours import IGNORED
from semseg.drawing.text import INK, PAPER, Font, fitting, font_of

TILE = 360  # pixels of the long side of a picture
_GAP, _LINE, _SWATCH, _FONT_SIZE = 10, 22, 14, 14


@dataclass(frozen=True)
class Tile:
    """Pictures of the same size that stand beside each other.

    Attributes:
        text: what is written below them.
        pictures: each (H, W, 3) uint8 RGB.
    """

    text: str
    pictures: Sequence[np.ndarray]


@dataclass(frozen=True)
class Key:
    """What a colour, (3,) uint8 RGB, stands for."""

    colour: np.ndarray
    text: str


def draw_sheet(tiles: Sequence[Tile], keys: Sequence[Key], side: int = TILE, columns: int = 2) -> Image.Image:
    """Returns a picture of all tiles, with a legend below.

    Args:
        tiles: at least one.
        keys: the legend.
        side: pixels of the long side of each picture.
        columns: of tiles; one where there is one tile.
    """
    font = font_of(_FONT_SIZE)
    drawn = [_drawn(tile, side, font) for tile in tiles]
    columns = min(columns, len(drawn))
    width = max(picture.width for picture in drawn) * columns + _GAP * (columns + 1)
    rows = [drawn[start : start + columns] for start in range(0, len(drawn), columns)]
    heights = [max(picture.height for picture in row) for row in rows]
    legend = _legend(keys, width, font)
    sheet = Image.new("RGB", (width, sum(heights) + _GAP * (len(rows) + 1) + legend.height), PAPER)
    top = _GAP
    for row, height in zip(rows, heights):
        for column, picture in enumerate(row):
            sheet.paste(picture, (_GAP + column * (width - _GAP) // columns, top))
        top += height + _GAP
    sheet.paste(legend, (0, top))
    return sheet


def _drawn(tile: Tile, side: int, font: Font) -> Image.Image:
    height, width = tile.pictures[0].shape[:2]
    scale = side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    step, count = size[0] + _GAP // 2, len(tile.pictures)
    row = Image.new("RGB", (step * count - _GAP // 2, size[1] + _LINE), PAPER)
    for place, picture in enumerate(tile.pictures):
        row.paste(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR), (place * step, 0))
    ImageDraw.Draw(row).text((0, size[1] + 2), fitting(tile.text, row.width, font), INK, font)
    return row


def _legend(keys: Sequence[Key], width: int, font: Font) -> Image.Image:
    texts = [fitting(key.text, width - 3 * _GAP - _SWATCH, font) for key in keys]
    step = _SWATCH + 3 * _GAP + max((int(font.getlength(text)) for text in texts), default=0)
    columns = max(1, (width - _GAP) // step)
    rows = -(-len(texts) // columns)
    picture = Image.new("RGB", (width, rows * _LINE + _GAP), PAPER)
    draw = ImageDraw.Draw(picture)
    for place, (key, text) in enumerate(zip(keys, texts)):
        left, top = _GAP + place % columns * step, place // columns * _LINE
        colour = tuple(int(part) for part in key.colour)
        draw.rectangle(
            [left, top, left + _SWATCH, top + _SWATCH], fill=colour, outline=INK if colour == IGNORED else None
        )
        draw.text((left + _SWATCH + _GAP // 2, top - 1), text, INK, font)
    return picture
