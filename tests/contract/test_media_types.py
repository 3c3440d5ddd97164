from __future__ import annotations

import pytest

from semseg.contract import media_types


@pytest.mark.parametrize(
    ("label", "bare"),
    [("text/csv", "text/csv"), ("Text/CSV ; header=absent", "text/csv"), (" image/png", "image/png"), ("", "")],
)
def test_a_bare_media_type_has_no_parameters_and_no_capitals(label: str, bare: str) -> None:
    assert media_types.bare(label) == bare
