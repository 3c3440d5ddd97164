"""Singular and plural agree, and times read as on a clock."""

from __future__ import annotations

import pytest

from semseg.plumbing.counted import counted, duration


@pytest.mark.parametrize(
    ("number", "noun", "plural", "expected"),
    [
        (0, "sample", "", "0 samples"),
        (1, "sample", "", "1 sample"),
        (2, "sample", "", "2 samples"),
        (1, "class", "classes", "1 class"),
        (3, "class", "classes", "3 classes"),
        (1.0, "second", "", "1 second"),
        (0.25, "second", "", "0.25 seconds"),
        (1234567, "picture", "", "1234567 pictures"),
    ],
)
def test_a_noun_agrees_with_its_number(number: float, noun: str, plural: str, expected: str) -> None:
    assert counted(number, noun, plural) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "0:00"), (5, "0:05"), (90, "1:30"), (3599.6, "1:00:00"), (7384, "2:03:04"), (-3, "0:00")],
)
def test_a_time_reads_as_on_a_clock(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected
