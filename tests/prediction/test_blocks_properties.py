"""Blocks: whatever the tiles, each pixel is answered, and blending takes nothing away and adds nothing."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from semseg.prediction.blocks import blocks
from semseg.prediction.tiles import Span, spans
from tests.prediction.test_blocks import copied, of_pixel, put_together

SIDES = st.tuples(st.integers(1, 120), st.integers(12, 130)).map(lambda drawn: spans(*drawn, stride=1))


@given(SIDES, SIDES, st.integers(0, 2**32 - 1))
def test_where_tiles_agree_the_answer_is_theirs_to_the_last_bit(
    rows: list[Span], columns: list[Span], seed: int
) -> None:
    height, width = rows[-1].end, columns[-1].end
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    parts = [copied(block) for block in blocks(image, rows, columns, of_pixel)]
    assert np.array_equal(put_together(parts, height, width), of_pixel(image))


@given(SIDES, SIDES, st.integers(0, 2**32 - 1))
def test_blended_probabilities_add_up_to_one(rows: list[Span], columns: list[Span], seed: int) -> None:
    rng = np.random.default_rng(seed)

    def unlike(tile: np.ndarray) -> np.ndarray:
        scores = rng.random((3, *tile.shape[:2]), np.float32) + np.float32(1e-3)
        return scores / scores.sum(axis=0)

    image = np.zeros((rows[-1].end, columns[-1].end, 3), np.uint8)
    for block in blocks(image, rows, columns, unlike):
        assert np.allclose(block.probabilities.sum(axis=0), 1, atol=1e-6)
        assert block.probabilities.min() >= 0
