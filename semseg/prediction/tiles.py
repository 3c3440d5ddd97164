"""Where the tiles of a large picture lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from semseg.errors import UserError

TILE_PIXELS_VARIABLE = "SEMSEG_TILE_PIXELS"
TILE_PIXELS = 2_200_000  # 2048 x 1024 and a little; a network takes 0.5 to 1.1 GB of memory for a million
FEWEST_PIXELS = 131_072  # with fewer, most of a tile would be overlap
# Wide enough that the rims of tiles, where a network misses most of what it would see, weigh little in the answer.
OVERLAP = 128  # pixels that neighbouring tiles share, at least
STRIDE = 8  # pixels between two features of these networks


class Span(NamedTuple):
    """Positions ``start`` to before ``end`` of one side of a picture, in pixels."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def tile_pixels(environment: Mapping[str, str]) -> int:
    """The most pixels that a network is to see at once, by SEMSEG_TILE_PIXELS.

    Raises:
        UserError: it is no whole number of at least FEWEST_PIXELS.
    """
    text = environment.get(TILE_PIXELS_VARIABLE, str(TILE_PIXELS))
    if not (text.isascii() and text.isdigit() and int(text) >= FEWEST_PIXELS):
        raise UserError(
            f"The environment variable {TILE_PIXELS_VARIABLE} must be a whole number of at least {FEWEST_PIXELS}, "
            f"got {text!r}"
        )
    return int(text)


def tile_spans(height: int, width: int, most: int) -> tuple[list[Span], list[Span]]:
    """The rows and the columns of the tiles of a picture of this size; each pair of both is a tile.

    A picture of at most ``most`` pixels is one tile. A larger one has tiles of at most half as many, all of one size,
    so that an engine sees one: its answer is so much larger already that memory counts.
    """
    if height * width <= most:
        return [Span(0, height)], [Span(0, width)]
    pixels = most // 2
    # About square; of a picture that is long and narrow, whole along the short side.
    rows = spans(height, max(math.isqrt(pixels), pixels // width))
    columns = spans(width, pixels // rows[0].length)
    return rows, columns


def spans(length: int, longest: int) -> list[Span]:
    """As few spans as cover ``length``, each sharing OVERLAP or more with the next.

    All are of one length, at most ``longest`` and a multiple of STRIDE and one: at such a length a network draws
    feature i at pixel 8 i exactly, its corners being aligned, so that the features of neighbours are drawn at the same
    places. All but the last begin at a multiple of STRIDE, where the features of the whole picture lie as well.
    """
    if length <= longest:
        return [Span(0, length)]
    overlap = min(OVERLAP, longest // 4)
    longest = _on_grid(longest - STRIDE + 1)
    count = math.ceil((length - overlap) / (longest - overlap - STRIDE))
    each = _on_grid((length + (count - 1) * (overlap + STRIDE)) / count)
    last = length - each
    starts = [last * number // (count - 1) // STRIDE * STRIDE for number in range(count - 1)]
    return [Span(start, start + each) for start in [*starts, last]]


def _on_grid(length: float) -> int:
    """The next length that is a multiple of STRIDE and one."""
    return math.ceil((length - 1) / STRIDE) * STRIDE + 1
