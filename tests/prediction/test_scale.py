from __future__ import annotations

import numpy as np
import pytest

from semseg.prediction.scale import ScaleRule


@pytest.mark.parametrize(
    ("size", "base_size", "expected"),
    [
        ((360, 480), 520, (360, 480)),  # within 260..780
        ((260, 100), 520, (260, 100)),  # the lower bound itself
        ((780, 780), 520, (780, 780)),  # the upper bound itself
        ((1560, 1170), 520, (780, 585)),  # twice too large
        ((1170, 1560), 520, (585, 780)),
        ((1560, 521), 520, (780, 260)),  # 260.5 and the even one: 260
        ((130, 65), 520, (260, 130)),  # twice too small
        ((65, 130), 520, (130, 260)),
        ((1, 1), 520, (260, 260)),
        ((1, 10_000), 520, (1, 780)),  # 0.078 of a pixel high
        ((10_000, 1), 520, (780, 1)),
        ((100, 7), 34, (51, 4)),  # 3.57
        ((1, 1), None, (1, 1)),
        ((9000, 10), None, (9000, 10)),
    ],
)
def test_working_size_by_hand(size: tuple[int, int], base_size: int | None, expected: tuple[int, int]) -> None:
    assert ScaleRule(base_size).working_size(*size) == expected


@pytest.mark.parametrize(
    ("size", "base_size", "expected"),
    [
        ((360, 480), 480, (361, 481)),  # 45 x 8 + 1 and 60 x 8 + 1
        ((361, 481), 480, (361, 481)),  # aligned already
        ((364, 476), 480, (361, 473)),  # 3 more than 361, 4 less than 481 and 3 more than 473
        ((365, 485), 480, (369, 489)),  # as near to 361 as to 369, as near to 481 as to 489: the larger
        ((720, 960), 240, (273, 361)),  # 360 is the upper bound of base_size 240, so 270 x 360
        ((1, 1), None, (1, 1)),
        ((4, 5), None, (1, 9)),
    ],
)
def test_aligned_sides_are_the_nearest_multiple_of_8_and_1_more(
    size: tuple[int, int], base_size: int | None, expected: tuple[int, int]
) -> None:
    assert ScaleRule(base_size, is_aligned=True).working_size(*size) == expected


def test_a_picture_is_resized_to_its_working_size() -> None:
    picture = np.zeros((360, 480, 3), np.uint8)
    assert ScaleRule(480, is_aligned=True).resized(picture).shape == (361, 481, 3)
    assert ScaleRule(480).resized(picture) is picture
