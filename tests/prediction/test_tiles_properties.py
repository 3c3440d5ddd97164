"""Tiles: whatever the picture's size, they cover it, are small enough, and overlap only with their neighbours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from semseg.contract.environment import FEWEST_TILE_PIXELS
from semseg.prediction.tiles import OVERLAP, STRIDE, Span, spans, tile_spans

SIDES = st.integers(1, 16_384)  # pixels
PIXELS = st.integers(FEWEST_TILE_PIXELS, 5_000_000)


def covers(side: list[Span], length: int, stride: int) -> bool:
    """Whether the spans reach from the first pixel to the last feature, without a gap and without one in vain."""
    end = side[-1].end == length if len(side) == 1 else length - stride < side[-1].end <= length
    return side[0].start == 0 and end and all(one.end > two.start for one, two in zip(side, side[1:]))


@given(SIDES, SIDES, PIXELS)
def test_the_tiles_of_a_picture_of_any_size_cover_it_and_are_small_enough(height: int, width: int, most: int) -> None:
    rows, columns = tile_spans(height, width, most)
    assert covers(rows, height, STRIDE)
    assert covers(columns, width, STRIDE)
    pixels = rows[0].length * columns[0].length
    assert pixels <= most if len(rows) * len(columns) == 1 else pixels <= most // 2


@given(SIDES, st.integers(64, 5000), st.sampled_from([1, STRIDE]))
def test_spans_are_equal_lie_on_the_grid_and_overlap_only_with_their_neighbours(
    length: int, longest: int, stride: int
) -> None:
    side = spans(length, longest, stride)
    assert covers(side, length, stride)
    assert len({span.length for span in side}) == 1
    assert side[0].length <= longest
    assert all(before.end - span.start >= min(OVERLAP, span.length // 5) for before, span in zip(side, side[1:]))
    assert all(before.end <= span.start + 1 for before, span in zip(side, side[2:]))
    if len(side) > 1:
        assert (side[0].length - 1) % stride == 0
        assert all(span.start % stride == 0 for span in side)
