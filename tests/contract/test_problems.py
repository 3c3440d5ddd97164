"""How all problems of a job's channels are told in the 1,024 characters of a failure reason."""

from __future__ import annotations

import pytest

from semseg.contract.problems import raise_problems, shortened
from semseg.errors import ChannelError


def told(problems: list[str]) -> str:
    with pytest.raises(ChannelError) as refusal:
        raise_problems(problems, "/job/output/data/dataset.json")
    return str(refusal.value)


def test_a_text_that_is_short_enough_stays_as_it_is() -> None:
    text = told(["a.jpg is empty", "b.jpg is empty"])
    assert shortened(text, len(text)) == text


def test_whole_problems_are_left_out_and_counted_and_the_report_is_named() -> None:
    text = told([f"train/{number}.jpg is empty: write it anew" for number in range(30)])
    # a head of 41 characters, 12 lines of 35 or 36, and 71 for the two last ones
    assert shortened(text, 520).splitlines() == [
        "the channels cannot be used, 30 problems:",
        *(f"train/{number}.jpg is empty: write it anew" for number in range(11)),
        "... and 19 more",
        "The whole report is /job/output/data/dataset.json.",
    ]


@pytest.mark.parametrize("most", range(150, 400, 7))
def test_a_shortened_text_has_room_and_ends_with_the_report(most: int) -> None:
    text = told([f"train/{number}.jpg is empty, and so it cannot be read: write it anew" for number in range(30)])
    short = shortened(text, most)
    assert len(short) <= most
    assert short.endswith("more\nThe whole report is /job/output/data/dataset.json.")


def test_one_problem_that_is_too_long_ends_with_a_whole_clause() -> None:
    text = told(["the masks end in _mask and their images do not: rename them; in Python: " + "x" * 500])
    assert shortened(text, 250).splitlines() == [
        "the channels cannot be used, 1 problem:",
        "the masks end in _mask and their images do not: rename them; in Python...",
        "The whole report is /job/output/data/dataset.json.",
    ]


def test_any_long_text_ends_with_a_whole_word() -> None:
    assert shortened("one two three four", 16) == "one two three..."
