"""Resizes probabilities to the size of an answer, strip by strip: bilinear, the corners aligned.

Position i of n positions of the answer lies at i * (m - 1) / (n - 1) of m computed positions, between two of them, of
which the nearer has more weight. It is computed as MXNet's BilinearResize2D does
(``src/operator/contrib/bilinear_resize-inl.h``), in float32.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from semseg.prediction.blocks import Block

STRIP = 1 << 18  # pixels of the answer at a time: so few that all that is needed for them stays in a processor's cache


class Side:
    """The positions along one side of an answer, and the computed positions that each is taken from.

    Args:
        computed: length in pixels.
        answered: length in pixels.
    """

    def __init__(self, computed: int, answered: int) -> None:
        scale = np.float32(computed - 1) / np.float32(answered - 1) if answered > 1 else np.float32(0)
        places = np.arange(answered, dtype=np.float32) * scale
        self.computed = computed
        self.is_kept = computed == answered
        self.lower = np.minimum(places.astype(np.int64), computed - 1)
        self.upper = np.minimum(self.lower + 1, computed - 1)
        self.share = places - self.lower.astype(np.float32)  # of the upper one

    def within(self, start: int, end: int) -> slice:
        """Returns the positions of the answer that can be computed from the computed ones from ``start`` to before
        ``end``.

        Ranges that share only their end with the next range give each position exactly once.
        """
        last = len(self.lower) if end == self.computed else int(np.searchsorted(self.lower, end - 1))
        return slice(int(np.searchsorted(self.lower, start)), last)


def write_probabilities(block: Block, rows: Side, columns: Side, out: np.ndarray) -> None:
    """Writes a block's part of an answer, (C, H, W) float32."""
    for place, planes in _strips(block, rows, columns):
        for class_id, plane in enumerate(planes):
            out[class_id][place] = plane


def write_mask(block: Block, rows: Side, columns: Side, out: np.ndarray, confidence: np.ndarray | None = None) -> None:
    """Writes a block's part of a mask, (H, W) uint8: the first class of the highest probability; and of the confidence,
    (H, W) float32, which is that probability, where it is wanted.
    """
    for place, planes in _strips(block, rows, columns):
        mask, best = out[place], next(planes).copy()
        mask[...] = 0
        for class_id, plane in enumerate(planes, start=1):
            np.copyto(mask, np.uint8(class_id), where=plane > best)
            np.maximum(best, plane, out=best)
        if confidence is not None:
            confidence[place] = best


def _strips(block: Block, rows: Side, columns: Side) -> Iterator[tuple[tuple[slice, slice], Iterator[np.ndarray]]]:
    """Yields the strips of a block's part of the answer: the position of each, and its classes one after the other."""
    _, height, width = block.probabilities.shape
    across = columns.within(block.left, block.left + width)
    down = rows.within(block.top, block.top + height)
    each = max(1, STRIP // max(1, across.stop - across.start))
    for start in range(down.start, down.stop, each):
        place = slice(start, min(start + each, down.stop)), across
        yield place, _planes(block, rows, columns, place)


def _planes(block: Block, rows: Side, columns: Side, place: tuple[slice, slice]) -> Iterator[np.ndarray]:
    """Returns an iterator over the classes of one strip, each (rows, columns) float32."""
    if rows.is_kept and columns.is_kept:
        down, across = place
        down = slice(down.start - block.top, down.stop - block.top)
        across = slice(across.start - block.left, across.stop - block.left)
        return (plane[down, across] for plane in block.probabilities)
    strip = _Strip(block, rows, columns, place)
    return (strip.plane(plane) for plane in block.probabilities)


class _Strip:
    """The pixels of a block that one strip of the answer is computed from, and their weights."""

    def __init__(self, block: Block, rows: Side, columns: Side, place: tuple[slice, slice]) -> None:
        down, across = place
        # Each computed row that is needed is resized once, however many rows of the answer use it.
        beside = np.concatenate([rows.lower[down], rows.upper[down]]) - block.top
        self.rows, drawn = np.unique(beside, return_inverse=True)
        self.lower, self.upper = np.split(drawn.reshape(-1), 2)
        self.down_share = rows.share[down, np.newaxis]
        self.left = columns.lower[across] - block.left
        self.right = columns.upper[across] - block.left
        self.across_share = columns.share[across]

    def plane(self, computed: np.ndarray) -> np.ndarray:
        """Returns one class of the strip, (rows, columns) float32, from the same class of the block."""
        needed = computed[self.rows]
        drawn = _between(np.take(needed, self.left, axis=1), np.take(needed, self.right, axis=1), self.across_share)
        return _between(drawn[self.lower], drawn[self.upper], self.down_share)


def _between(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Returns the mean of ``first`` and ``second``, in which ``second`` has the weight ``share``; both arrays are
    overwritten.
    """
    first *= np.float32(1) - share
    second *= share
    first += second
    return first
