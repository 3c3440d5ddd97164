"""Draws pictures with their masks laid over, side by side, with a legend of the classes below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from semseg.drawing.class_colours import IGNORED

TILE = 360  # pixels of the long side of a picture
_GAP, _LINE, _SWATCH, _FONT_SIZE = 10, 22, 14, 14
_OPACITY = 0.55  # of a mask over its picture
_PAPER, _INK = (255, 255, 255), (0, 0, 0)


@dataclass(frozen=True)
class Tile:
    """A picture with its mask.

    Attributes:
        name: what is written below it.
        image: (H, W, 3) uint8, RGB.
        mask: (H, W) uint8, class per pixel, 255 = ignore.
    """

    name: str
    image: np.ndarray
    mask: np.ndarray


def draw_sheet(tiles: Sequence[Tile], colours: np.ndarray, legend: Sequence[tuple[int, str]]) -> Image.Image:
    """Returns a picture with a row for each tile: as it is, and with its mask laid over; two of these in a row.

    Args:
        colours: (256, 3) uint8, of the mask's values.
        legend: the classes to explain, each with its text.
    """
    font = ImageFont.load_default(size=_FONT_SIZE)
    drawn = [_drawn(tile, colours, font) for tile in tiles]
    columns = 1 if len(drawn) == 1 else 2
    width = max(picture.width for picture in drawn) * columns + _GAP * (columns + 1)
    rows = [drawn[start : start + columns] for start in range(0, len(drawn), columns)]
    heights = [max(picture.height for picture in row) for row in rows]
    keys = _legend(legend, colours, width, font)
    sheet = Image.new("RGB", (width, sum(heights) + _GAP * (len(rows) + 1) + keys.height), _PAPER)
    top = _GAP
    for row, height in zip(rows, heights):
        for column, picture in enumerate(row):
            sheet.paste(picture, (_GAP + column * (width - _GAP) // columns, top))
        top += height + _GAP
    sheet.paste(keys, (0, top))
    return sheet


def _drawn(tile: Tile, colours: np.ndarray, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> Image.Image:
    height, width = tile.mask.shape
    scale = TILE / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    image = Image.fromarray(tile.image).resize(size, Image.Resampling.BILINEAR)
    mask = Image.fromarray(colours[np.asarray(Image.fromarray(tile.mask).resize(size, Image.Resampling.NEAREST))])
    picture = Image.new("RGB", (2 * size[0] + _GAP // 2, size[1] + _LINE), _PAPER)
    picture.paste(image, (0, 0))
    picture.paste(Image.blend(image, mask, _OPACITY), (size[0] + _GAP // 2, 0))
    ImageDraw.Draw(picture).text((0, size[1] + 2), _fitting(tile.name, picture.width, font), _INK, font)
    return picture


def _legend(
    entries: Sequence[tuple[int, str]],
    colours: np.ndarray,
    width: int,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> Image.Image:
    texts = [_fitting(text, width - 3 * _GAP - _SWATCH, font) for _, text in entries]
    step = _SWATCH + 3 * _GAP + max((int(font.getlength(text)) for text in texts), default=0)
    columns = max(1, (width - _GAP) // step)
    rows = -(-len(texts) // columns)
    picture = Image.new("RGB", (width, rows * _LINE + _GAP), _PAPER)
    draw = ImageDraw.Draw(picture)
    for place, ((number, _), text) in enumerate(zip(entries, texts)):
        left, top = _GAP + place % columns * step, place // columns * _LINE
        colour = tuple(int(part) for part in colours[number])
        draw.rectangle(
            [left, top, left + _SWATCH, top + _SWATCH], fill=colour, outline=_INK if colour == IGNORED else None
        )
        draw.text((left + _SWATCH + _GAP // 2, top - 1), text, _INK, font)
    return picture


def _fitting(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Returns a text that is not wider than ``width``, cut where it must be."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."
