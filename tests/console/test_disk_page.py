"""The page of the disk: what takes room, and what is removed only after it was shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from semseg.console.disk_pages import KindUse, uses_of
from tests.console.served import Visitor
from tests.local.fakes import channels_at, estimator_at


def fit(home: Path, name: str, behaviour: str = "complete") -> None:
    estimator_at(home, behaviour).fit(channels_at(home.parent / "data"), job_name=name, logs=False)


def shown(page: str) -> str:
    """What the form sends back of the list that was shown."""
    found = re.search(r'name="shown" value="(\w+)"', page)
    assert found is not None
    return found[1]


def jobs(visitor: Visitor) -> list[str]:
    listed = visitor.settings.session.local.list_training_jobs()["TrainingJobSummaries"]
    return sorted(job["TrainingJobName"] for job in listed)


def test_kinds_are_counted_the_largest_first_and_empty_ones_left_out() -> None:
    use = uses_of({"jobs": {"a": 10, "b": 30}, "models": {}, "downloads": {"c": 50}})
    assert use == [
        KindUse("Downloads from S3", 50, 1, [("c", 50)]),
        KindUse("Training jobs", 40, 2, [("b", 30), ("a", 10)]),
    ]


def test_what_would_be_removed_is_shown_and_nothing_is_gone_until_it_is_asked_for(own: Visitor, tmp_path: Path) -> None:
    fit(tmp_path / "home", "street-1")
    page = own.page("/disk", days="0")
    assert "1 thing would be removed" in page
    assert jobs(own) == ["street-1"]
    answer = own.post("/disk/clean", ("days", "0"), ("keep", ""), ("failed", ""), ("shown", shown(page)))
    assert answer.status == 303
    assert jobs(own) == []
    assert "were removed" in own.page(answer.headers["Location"])


def test_a_list_that_has_changed_is_shown_again_and_nothing_is_removed(own: Visitor, tmp_path: Path) -> None:
    fit(tmp_path / "home", "street-1")
    old = shown(own.page("/disk", days="0"))
    fit(tmp_path / "home", "street-2")
    answer = own.post("/disk/clean", ("days", "0"), ("shown", old))
    assert answer.status == 409
    assert "This has changed since you looked" in answer.data.decode()
    assert jobs(own) == ["street-1", "street-2"]


def test_the_jobs_that_ended_last_are_kept(own: Visitor, tmp_path: Path) -> None:
    for number in (1, 2):
        fit(tmp_path / "home", f"street-{number}")
    page = own.page("/disk", days="0", keep="1")
    own.post("/disk/clean", ("days", "0"), ("keep", "1"), ("shown", shown(page)))
    assert jobs(own) == ["street-2"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("days", "many"), ("days", "-1"), ("days", "nan"), ("days", ""), ("keep", "-1"), ("keep", "1.5")],
)
def test_a_number_that_is_none_is_told_at_its_field(visitor: Visitor, field: str, value: str) -> None:
    for answer in (
        visitor.ask("/disk?" + "&".join(f"{name}={given}" for name, given in {"days": "0", field: value}.items())),
        visitor.post("/disk/clean", *{"days": "0", "shown": "", field: value}.items()),
    ):
        assert answer.status == 400
        assert f'id="error-{field}"' in answer.data.decode()
