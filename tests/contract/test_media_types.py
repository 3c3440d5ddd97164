from __future__ import annotations

import pytest

from semseg.contract import media_types


@pytest.mark.parametrize(
    ("label", "bare"),
    [("text/csv", "text/csv"), ("Text/CSV ; header=absent", "text/csv"), (" image/png", "image/png"), ("", "")],
)
def test_a_bare_media_type_has_no_parameters_and_no_capitals(label: str, bare: str) -> None:
    assert media_types.bare(label) == bare


@pytest.mark.parametrize(
    ("label", "standard"),
    [
        ("image/jpg", "image/jpeg"),
        ("Image/JPG; q=1", "image/jpeg"),
        ("image/pjpeg", "image/jpeg"),
        ("image/png", "image/png"),
        ("text/csv; header=absent", "text/csv; header=absent"),
    ],
)
def test_jpeg_by_another_name_is_jpeg(label: str, standard: str) -> None:
    assert media_types.standard(label) == standard
