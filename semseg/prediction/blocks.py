"""Computes the probabilities of a large picture tile by tile, and blends the tiles where they overlap.

Where two tiles overlap, the answer changes linearly from one to the other: at the first shared pixel it is that of the
earlier tile alone, at the last that of the later one. Only what later tiles still need is kept: the columns that a tile
shares with the next tile, and the rows that a row of tiles shares with the row below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from semseg.prediction.tiles import Span

Probabilities = Callable[[np.ndarray], np.ndarray]  # of (h, w, 3) uint8 RGB, as (C, h, w) float32


class Block(NamedTuple):
    """Finished probabilities of a part of a picture, (C, rows, columns) float32, and the position of their corner.

    A block shares its last row and its last column with its neighbours, except at the edges of the picture.
    """

    top: int
    left: int
    probabilities: np.ndarray


def blocks(image: np.ndarray, rows: list[Span], columns: list[Span], probabilities: Probabilities) -> Iterator[Block]:
    """Yields the finished parts of a picture, from left to right and from top to bottom.

    A block may be changed once the next is asked for.

    Args:
        image: (H, W, 3) uint8, RGB.
        rows, columns: of the tiles, in order; neighbours overlap, others do not.
        probabilities: of one tile.
    """
    above: list[np.ndarray] = []  # of each column of tiles, the rows that the row of tiles above shares with this one
    for row, next_row in zip(rows, [*rows[1:], None]):
        below: list[np.ndarray] = []
        for column, part in zip(columns, _joined(image, row, columns, probabilities)):
            if above:
                _fade(above[len(below)], part, axis=1)
                above[len(below)] = part[:, :0]  # not needed any more
            first_shared = next_row.start - row.start if next_row else row.length
            below.append(part[:, first_shared:].copy())
            yield Block(row.start, column.start, part[:, : first_shared + 1])
        above = below


def _joined(image: np.ndarray, row: Span, columns: list[Span], probabilities: Probabilities) -> Iterator[np.ndarray]:
    """Yields, for each tile in one row of tiles, the columns that only it and the tile before cover, blended with that
    tile, and one more column.
    """
    before = None
    for column, next_column in zip(columns, [*columns[1:], None]):
        tile = probabilities(image[row.start : row.end, column.start : column.end])
        tile = np.require(tile, requirements="W")
        if before is not None:
            _fade(before, tile, axis=2)
        first_shared = next_column.start - column.start if next_column else column.length
        before = tile[:, :, first_shared:].copy()
        yield tile[:, :, : first_shared + 1]


def _fade(before: np.ndarray, after: np.ndarray, axis: int) -> None:
    """Blends the overlap of two tiles: ``before`` fades out over the beginning of ``after``, which is changed, along an
    axis of (C, H, W).
    """
    length = before.shape[axis]
    shape = [1, 1, 1]
    shape[axis] = length
    share = np.linspace(0, 1, length, dtype=np.float32).reshape(shape)
    after = after[:, :length] if axis == 1 else after[:, :, :length]
    # Calculated so, two equal tiles stay equal to the last bit.
    after -= before
    after *= share
    after += before
