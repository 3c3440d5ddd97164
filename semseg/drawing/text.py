"""Text in pictures."""

from __future__ import annotations

from typing import Union

from PIL import ImageFont

Font = Union[ImageFont.FreeTypeFont, ImageFont.ImageFont]
PAPER, INK, GREY = (255, 255, 255), (0, 0, 0), (110, 110, 110)


def font_of(size: int) -> Font:
    """Returns the font that all pictures are lettered in; ``size`` is in pixels."""
    return ImageFont.load_default(size=size)


def fitting(text: str, width: int, font: Font) -> str:
    """Returns a text that is not wider than ``width`` pixels, cut where it must be."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"{text}...") > width:
        text = text[:-1]
    return f"{text}..."
