from __future__ import annotations

import numpy as np

from semseg.prediction.blocks import Block, blocks
from semseg.prediction.tiles import Span, spans


def of_pixel(tile: np.ndarray) -> np.ndarray:
    """Two classes that depend on each pixel alone."""
    red = tile[:, :, 0].astype(np.float32) / 255
    return np.stack([red, 1 - red])


class Numbered:
    """Answers 0, 1, 2, ... for the tiles in turn, everywhere the same; remembers their sizes."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []

    def __call__(self, tile: np.ndarray) -> np.ndarray:
        self.sizes.append(tile.shape)
        return np.full((1, *tile.shape[:2]), len(self.sizes) - 1, np.float32)


def put_together(parts: list[Block], height: int, width: int) -> np.ndarray:
    """The whole answer; where blocks meet they must agree."""
    whole = np.full((len(parts[0].probabilities), height, width), np.nan, np.float32)
    for top, left, part in parts:
        place = whole[:, top : top + part.shape[1], left : left + part.shape[2]]
        assert np.array_equal(place[~np.isnan(place)], part[~np.isnan(place)])
        place[...] = part
    assert not np.isnan(whole).any()
    return whole


def copied(block: Block) -> Block:
    return Block(block.top, block.left, block.probabilities.copy())


def test_the_answer_goes_over_from_tile_to_tile_in_a_straight_line() -> None:
    image = np.zeros((1, 13, 3), np.uint8)
    columns = [Span(0, 7), Span(3, 10), Span(8, 13)]
    parts = [copied(block) for block in blocks(image, [Span(0, 1)], columns, Numbered())]
    # Tiles 0 and 1 share columns 3 to 6, tiles 1 and 2 columns 8 and 9.
    thirds = [0, 1 / 3, 2 / 3, 1]
    expected = np.array([0, 0, 0, *thirds, 1, 1, 2, 2, 2, 2], np.float32)
    assert np.allclose(put_together(parts, 1, 13)[0, 0], expected)


def test_rows_of_tiles_go_over_into_each_other_as_well() -> None:
    image = np.zeros((5, 5, 3), np.uint8)
    sides = [Span(0, 4), Span(1, 5)]
    whole = put_together([copied(block) for block in blocks(image, sides, sides, Numbered())], 5, 5)[0]
    # Tiles 0 and 1 above, 2 and 3 below; a step of one tile across the three shared columns, of two down the rows.
    shares = np.array([0, 0, 0.5, 1, 1])
    assert np.allclose(whole, shares[np.newaxis] + 2 * shares[:, np.newaxis])


def test_blocks_come_in_order_and_share_one_row_and_one_column() -> None:
    image = np.zeros((5, 5, 3), np.uint8)
    sides = [Span(0, 4), Span(1, 5)]
    found = [(top, left, part.shape[1:]) for top, left, part in blocks(image, sides, sides, Numbered())]
    assert found == [(0, 0, (2, 2)), (0, 1, (2, 4)), (1, 0, (4, 2)), (1, 1, (4, 4))]


def test_all_tiles_are_of_one_size() -> None:
    network = Numbered()
    for _ in blocks(np.zeros((497, 697, 3), np.uint8), spans(497, 200), spans(697, 250), network):
        pass
    assert network.sizes == [(169, 233, 3)] * 16


def test_an_answer_that_may_not_be_changed_is_left_alone() -> None:
    def locked(tile: np.ndarray) -> np.ndarray:
        return np.broadcast_to(np.float32(0.5), (2, *tile.shape[:2]))

    image = np.zeros((297, 297, 3), np.uint8)
    parts = [copied(block) for block in blocks(image, spans(297, 200), spans(297, 200), locked)]
    assert np.array_equal(put_together(parts, 297, 297), np.full((2, 297, 297), 0.5, np.float32))
