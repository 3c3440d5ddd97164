from __future__ import annotations

import pytest

from semseg.contract.echoed import echoed
from semseg.errors import ChannelError, RequestError, SemsegError, TrainingError


@pytest.mark.parametrize(("length", "shown"), [(118, f"'{'x' * 118}'"), (119, f"'{'x' * 77}...{'x' * 38}'")])
def test_a_value_is_shown_with_120_characters_at_most(length: int, shown: str) -> None:
    assert echoed("x" * length) == shown
    assert len(shown) == 120


def test_of_a_long_address_the_beginning_and_the_end_are_shown() -> None:
    assert echoed(f"s3://bucket/{'a/' * 200}picture.jpg", 40) == "'s3://bucket/a/a/a/a/a/a/...picture.jpg'"


@pytest.mark.parametrize("kind", [SemsegError, ChannelError, TrainingError])
def test_no_line_of_an_error_has_more_than_1500_characters(kind: type[SemsegError]) -> None:
    error = kind(f"first\n{'a' * 900}{'b' * 399_057}{'c' * 500}\nlast")
    assert str(error) == f"first\n{'a' * 900} ... {'c' * 500}\nlast"
    assert str(kind("d" * 1500)) == "d" * 1500


def test_an_answer_of_a_server_is_shortened_too() -> None:
    assert len(str(RequestError(400, "x" * 100_000))) == 1405
