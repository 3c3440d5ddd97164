"""Where the tiles of a large picture lie."""

from __future__ import annotations

import math
from typing import NamedTuple

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


def tile_spans(height: int, width: int, most: int, stride: int = STRIDE) -> tuple[list[Span], list[Span]]:
    """The rows and the columns of the tiles of a picture of this size; each pair of both is a tile.

    A picture of at most ``most`` pixels is one tile. A larger one has tiles of at most half as many, all of one size,
    so that an engine sees one: its answer is so much larger already that memory counts.
    """
    if height * width <= most:
        return [Span(0, height)], [Span(0, width)]
    pixels = most // 2
    # About square; of a picture that is long and narrow, whole along the short side.
    rows = spans(height, max(math.isqrt(pixels), pixels // width), stride)
    columns = spans(width, pixels // rows[0].length, stride)
    return rows, columns


def spans(length: int, longest: int, stride: int = STRIDE) -> list[Span]:
    """One span of the whole length where it is short enough, else as few as reach the last feature of the network.

    Several are all of one length, at most ``longest``, and each shares OVERLAP or more with the next. They begin at
    multiples of ``stride``, where the features of the whole picture lie, and are a multiple of it and one long: a
    network draws its first and its last feature at the first and the last pixel, so that at these lengths each is drawn
    where it was found. Seen as a whole, a picture has its features drawn just so from here to where the last span ends,
    and then stretched to its length; to stretch the answer by those up to ``stride - 1`` pixels is left to the caller.
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
    """The smallest length above this one that is a multiple of ``stride`` and one."""
    return math.ceil(length / stride) * stride + 1
