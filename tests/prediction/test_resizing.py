from __future__ import annotations

import numpy as np
import pytest

from semseg.prediction.blocks import Block
from semseg.prediction.resizing import Side, write_mask, write_probabilities

SIZES = [  # computed, answered
    ((30, 40), (300, 401)),
    ((78, 104), (101, 1300)),
    ((300, 401), (30, 43)),
    ((50, 50), (50, 77)),
    ((1, 5), (1, 1000)),
    ((5, 1), (1000, 3)),
    ((7, 9), (1, 1)),
]
IDS = [f"{computed[0]}x{computed[1]}-{answered[0]}x{answered[1]}" for computed, answered in SIZES]


def some_probabilities(classes: int, height: int, width: int) -> np.ndarray:
    values = np.random.default_rng(0).random((classes, height, width), np.float32) ** 4
    return values / values.sum(axis=0)


def resized(parts: list[Block], computed: tuple[int, int], answered: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = Side(computed[0], answered[0]), Side(computed[1], answered[1])
    probabilities = np.full((len(parts[0].probabilities), *answered), np.nan, np.float32)
    mask = np.full(answered, 255, np.uint8)
    for part in parts:
        write_probabilities(part, rows, columns, probabilities)
        write_mask(part, rows, columns, mask)
    return probabilities, mask


def cut(probabilities: np.ndarray, rows: list[int], columns: list[int]) -> list[Block]:
    """Blocks that end at these rows and columns, which they share with the next."""
    height, width = probabilities.shape[1:]
    return [
        Block(top, left, probabilities[:, top : bottom + 1, left : right + 1])
        for top, bottom in zip([0, *rows], [*rows, height - 1])
        for left, right in zip([0, *columns], [*columns, width - 1])
    ]


def test_resizing_by_hand() -> None:
    computed = np.array([[[0.0, 1.0, 0.5]], [[1.0, 0.0, 0.5]]], np.float32)
    probabilities, mask = resized([Block(0, 0, computed)], (1, 3), (1, 5))
    # Five answers lie at 0, 0.5, 1, 1.5 and 2 of the three.
    assert probabilities.tolist() == [[[0, 0.5, 1, 0.75, 0.5]], [[1, 0.5, 0, 0.25, 0.5]]]
    assert mask.tolist() == [[1, 0, 0, 0, 0]]  # of two that are equal the first


@pytest.mark.parametrize(("computed", "answered"), SIZES, ids=IDS)
def test_the_mask_is_the_first_class_of_the_highest_probability(
    computed: tuple[int, int], answered: tuple[int, int]
) -> None:
    probabilities, mask = resized([Block(0, 0, some_probabilities(5, *computed))], computed, answered)
    assert np.array_equal(mask, probabilities.argmax(axis=0))
    assert np.allclose(probabilities.sum(axis=0), 1, atol=1e-6)


def test_the_size_that_was_computed_is_left_as_it_is() -> None:
    whole = some_probabilities(5, 30, 40)
    probabilities, mask = resized(cut(whole, [10, 20], [7]), (30, 40), (30, 40))
    assert np.array_equal(probabilities, whole)
    assert np.array_equal(mask, whole.argmax(axis=0))


@pytest.mark.parametrize(("computed", "answered"), SIZES[:4], ids=IDS[:4])
@pytest.mark.parametrize(("rows", "columns"), [([1, 2, 13], []), ([], [1, 2, 25]), ([10, 20], [19, 20, 21])])
def test_blocks_make_the_same_answer_as_the_whole(
    computed: tuple[int, int], answered: tuple[int, int], rows: list[int], columns: list[int]
) -> None:
    whole = some_probabilities(3, *computed)
    at_once = resized([Block(0, 0, whole)], computed, answered)
    in_parts = resized(cut(whole, rows, columns), computed, answered)
    assert all(np.array_equal(*pair) for pair in zip(at_once, in_parts))


@pytest.mark.engine
@pytest.mark.parametrize(("computed", "answered"), SIZES[:-1], ids=IDS[:-1])
def test_mxnet_resizes_to_the_same_bits(computed: tuple[int, int], answered: tuple[int, int]) -> None:
    import mxnet

    whole = some_probabilities(3, *computed)
    theirs = mxnet.nd.contrib.BilinearResize2D(mxnet.nd.array(whole[np.newaxis]), height=answered[0], width=answered[1])
    assert np.array_equal(resized([Block(0, 0, whole)], computed, answered)[0], theirs.asnumpy()[0])
