from __future__ import annotations

import pytest

from semseg.api.shapes import Tags, tag_list
from semseg.errors import UserError


@pytest.mark.parametrize(
    "tags", [[{"Key": "team", "Value": "roads"}], {"Key": "team", "Value": "roads"}, {"team": "roads"}]
)
def test_each_form_becomes_the_apis(tags: Tags) -> None:
    assert tag_list(tags) == [{"Key": "team", "Value": "roads"}]


@pytest.mark.parametrize("tags", [None, [], {}])
def test_no_tags_are_none(tags: Tags) -> None:
    assert tag_list(tags) is None


def test_another_form_is_refused() -> None:
    with pytest.raises(UserError, match=r"^tags must be a list of .* or a dictionary, got 'team' in it$"):
        tag_list(["team"])  # type: ignore[list-item]
