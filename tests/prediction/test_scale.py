from __future__ import annotations

import pytest

from semseg.prediction.scale import working_size


@pytest.mark.parametrize(
    ("size", "base_size", "expected"),
    [
        ((360, 480), 520, (360, 480)),  # within 260..1040
        ((260, 100), 520, (260, 100)),  # the lower bound itself
        ((1040, 1040), 520, (1040, 1040)),  # the upper bound itself
        ((2080, 1560), 520, (1040, 780)),  # twice too large
        ((1560, 2080), 520, (780, 1040)),
        ((1041, 520), 520, (1040, 520)),  # 519.5 and a half even: 520
        ((130, 65), 520, (260, 130)),  # twice too small
        ((65, 130), 520, (130, 260)),
        ((1, 1), 520, (260, 260)),
        ((1, 10_000), 520, (1, 1040)),  # 0.104 of a pixel high
        ((10_000, 1), 520, (1040, 1)),
        ((100, 7), 34, (68, 5)),  # 4.76
        ((1, 1), None, (1, 1)),
        ((9000, 10), None, (9000, 10)),
    ],
)
def test_working_size_by_hand(size: tuple[int, int], base_size: int | None, expected: tuple[int, int]) -> None:
    assert working_size(*size, base_size) == expected
