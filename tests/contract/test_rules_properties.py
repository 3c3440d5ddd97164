"""Rules of hyperparameters: a value that is written is read again, and any text keeps the rule or is refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from semseg.contract.rules import Epochs, Number, OneOf, TrueOrFalse, WholeNumber, wire_form

DIGITS = st.text(st.sampled_from("0123456789 -+._,eE\u0661\u00b2infa")) | st.text()
PLAIN_INTEGER = re.compile(r"\s*[-+]?[0-9]+\s*", re.ASCII)


@given(st.integers(-1000, 1000), st.integers(0, 1000), st.data())
def test_whole_numbers_within_their_bounds_come_back(least: int, more: int, data: st.DataObject) -> None:
    rule = WholeNumber(least, least + more)
    value = data.draw(st.integers(least, least + more))
    assert rule.read(wire_form(value)) == value
    for outside in (least - 1, least + more + 1):
        with pytest.raises(ValueError, match=str(outside)):
            rule.read(wire_form(outside))


@given(st.floats(0, 1e9), st.booleans(), st.booleans())
def test_numbers_within_their_bounds_come_back(value: float, open_low: bool, open_high: bool) -> None:
    rule = Number(0, 1e9, open_low, open_high)
    if (open_low and value == 0) or (open_high and value == 1e9):
        with pytest.raises(ValueError, match=re.escape(wire_form(value))):
            rule.read(wire_form(value))
    else:
        assert rule.read(wire_form(value)) == value


@given(st.sets(st.integers(1, 10_000)))
def test_epochs_come_back_in_rising_order(epochs: set[int]) -> None:
    assert Epochs().read(wire_form(tuple(epochs))) == tuple(sorted(epochs))


@given(st.booleans(), st.sampled_from([str.lower, str.upper, str.title]))
def test_true_and_false_come_back_in_any_case_of_letters(value: bool, case: type[str]) -> None:
    assert TrueOrFalse().read(case(wire_form(value))) is value


@given(DIGITS)
@example("1_0")
@example("\u0661\u0660")
def test_any_text_is_a_whole_number_in_plain_digits_or_is_refused(text: str) -> None:
    try:
        number = WholeNumber(1, 100).read(text)
    except ValueError:
        return
    assert PLAIN_INTEGER.fullmatch(text)
    assert number == int(text) in range(1, 101)


@given(DIGITS)
@example("1_0.5")
def test_any_text_is_a_finite_number_in_plain_digits_or_is_refused(text: str) -> None:
    try:
        number = Number(0, 100).read(text)
    except ValueError:
        return
    assert text.isascii()
    assert "_" not in text
    assert 0 <= number == float(text) <= 100


@given(DIGITS)
@example("10,2_0")
def test_any_text_is_epochs_in_plain_digits_or_is_refused(text: str) -> None:
    try:
        epochs = Epochs().read(text)
    except ValueError:
        return
    assert all(epoch >= 1 for epoch in epochs)
    assert not epochs or all(PLAIN_INTEGER.fullmatch(word) for word in text.split(","))


@given(st.text())
def test_any_text_is_one_of_the_words_or_is_refused(text: str) -> None:
    rule = OneOf(("fcn", "psp", ""))
    if text in rule.words:
        assert rule.read(text) == text
    else:
        with pytest.raises(ValueError, match=re.escape(text)):
            rule.read(text)
