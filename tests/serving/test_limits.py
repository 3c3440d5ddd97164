from __future__ import annotations

import pytest

from semseg.errors import UserError
from semseg.serving.limits import Limits


def test_the_defaults():
    limits = Limits.from_environment({})
    assert limits == Limits(max_body_bytes=26_214_400, max_pixels=50_000_000, max_side=16_384, drain_seconds=25)


def test_each_limit_has_its_variable():
    environment = {
        "SEMSEG_MAX_BODY_BYTES": "1",
        "SEMSEG_MAX_PIXELS": "2",
        "SEMSEG_MAX_SIDE": "3",
        "SEMSEG_DRAIN_SECONDS": "4",
    }
    assert Limits.from_environment(environment) == Limits(1, 2, 3, 4)


@pytest.mark.parametrize("text", ["", "0", "-1", "2.5", "25 MB", "²"])
def test_a_limit_that_is_no_whole_number_is_refused(text):
    with pytest.raises(UserError) as refusal:
        Limits.from_environment({"SEMSEG_MAX_PIXELS": text})
    sentence = f"The environment variable SEMSEG_MAX_PIXELS must be a whole number of at least 1, got {text!r}"
    assert str(refusal.value) == sentence
