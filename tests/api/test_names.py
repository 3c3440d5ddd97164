from __future__ import annotations

import re
from typing import Any

import pytest

from semseg.api.names import base_from_name, check_name, name_from_base, short_name_from_base, start_named
from semseg.errors import NameTakenError, UserError


@pytest.mark.parametrize("name", ["a", "a--b", "A1", "a" * 63])
def test_letters_digits_and_inner_hyphens_make_a_name(name: str) -> None:
    check_name("an endpoint", name)


def test_a_made_up_name_is_base_and_time_to_the_millisecond() -> None:
    name = name_from_base("horses")
    assert re.fullmatch(r"horses-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-\d{3}", name)
    check_name("an endpoint", name)


def test_a_long_base_is_cut_to_63_characters_in_all() -> None:
    name = name_from_base("a" * 70)
    assert len(name) == 63
    assert name.startswith("a" * 39 + "-")


def test_a_made_up_name_of_a_tuning_job_has_at_most_32_characters() -> None:
    name = short_name_from_base("semantic-segmentation")
    assert len(name) == 32
    assert re.fullmatch(r"semantic-segmentat-\d{6}-\d{6}", name)
    assert re.fullmatch(r"roads-\d{6}-\d{6}", short_name_from_base("roads"))


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("horses-2026-01-31-10-00-00-123", "horses"),
        ("many-horses-260131-100000", "many-horses"),  # a tuning job of ours
        ("many-horses-260131-1000", "many-horses"),  # one of the SageMaker Python SDK
        ("horses", "horses"),
        ("horses-2026", "horses-2026"),
    ],
)
def test_the_base_of_a_made_up_name_is_what_the_time_was_added_to(name: str, base: str) -> None:
    assert base_from_name(name) == base


@pytest.mark.parametrize("name", [5, None, b"pets", ["pets"]])
def test_a_name_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(UserError, match=r"^the name of an endpoint must be 1 to 63 letters.*, got "):
        check_name("an endpoint", name)


def test_a_long_name_is_shown_in_short() -> None:
    with pytest.raises(UserError) as refusal:
        check_name("an endpoint", "a" * 100_000)
    assert len(str(refusal.value)) < 250


class Taken:
    """Starts jobs, and refuses the names that are taken."""

    def __init__(self, *names: str) -> None:
        self.names = names
        self.started: list[str] = []

    def start(self, name: str) -> None:
        if name in self.names:
            raise NameTakenError(name)
        self.started.append(name)


def test_where_another_process_made_up_the_same_name_the_next_one_is_taken() -> None:
    jobs = Taken("job-1", "job-2")
    assert start_named(jobs.start, iter(["job-1", "job-2", "job-3"]).__next__) == "job-3"
    assert jobs.started == ["job-3"]


def test_after_five_made_up_names_that_are_taken_no_other_is_tried() -> None:
    names = iter(["a", "b", "c", "d", "e", "f"])
    with pytest.raises(NameTakenError, match="e"):
        start_named(Taken("a", "b", "c", "d", "e").start, names.__next__)
    assert next(names) == "f"


def test_a_name_that_was_given_and_is_taken_is_refused() -> None:
    with pytest.raises(NameTakenError, match="mine"):
        start_named(Taken("mine").start, iter([]).__next__, "mine")
