"""The positions of the tiles of a large picture."""

from __future__ import annotations

import math
from typing import NamedTuple

# Wide enough that the rims of tiles, where a network misses most of what it would see, weigh little in the answer.
OVERLAP = 128  # pixels that neighbouring tiles share, at least
STRIDE = 8  # pixels between two features of these networks


class Span(NamedTuple):
    """The positions from ``start`` to before ``end`` along one side of a picture, in pixels."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def tile_spans(height: int, width: int, most: int, stride: int = STRIDE) -> tuple[list[Span], list[Span]]:
    """Returns the rows and the columns of the tiles of a picture of this size; each pair of a row and a column is a
    tile.

    A picture of at most ``most`` pixels is one tile. A larger one has tiles of at most half as many pixels, because its
    answer takes much memory already. All tiles have one size, so that an engine sees only one size.
    """
    if height * width <= most:
        return [Span(0, height)], [Span(0, width)]
    pixels = most // 2
    # Tiles are about square; in a long and narrow picture they span the whole short side.
    rows = spans(height, max(math.isqrt(pixels), pixels // width), stride)
    columns = spans(width, pixels // rows[0].length, stride)
    return rows, columns


def spans(length: int, longest: int, stride: int = STRIDE) -> list[Span]:
    """Returns one span of the whole length if that is at most ``longest``, otherwise as few spans as reach the last
    feature of the network.

    Several spans have one length, at most ``longest``, and each shares OVERLAP or more with the next. They begin at
    multiples of ``stride``, where the features of the whole picture lie, and their length is a multiple of ``stride``
    plus one: a network places its first and its last feature at the first and the last pixel, so that at these lengths
    each feature lies where the whole picture has it. The last span ends up to ``stride - 1`` pixels before the end of
    the picture; the caller stretches the answer over them.
    """
    if length <= longest:
        return [Span(0, length)]
    reach = _on_grid(length - stride, stride)
    longest = _on_grid(longest - stride, stride)
    overlap = min(OVERLAP, longest // 4)
    count = math.ceil((reach - overlap) / (longest - overlap - stride))
    each = _on_grid((reach + (count - 1) * (overlap + stride)) / count - 1, stride)
    starts = [(reach - each) * number // (count - 1) // stride * stride for number in range(count)]
    return [Span(start, start + each) for start in starts]


def _on_grid(length: float, stride: int) -> int:
    """Returns the smallest length above this one that is one more than a multiple of ``stride``."""
    return math.ceil(length / stride) * stride + 1
