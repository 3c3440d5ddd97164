from __future__ import annotations

import pytest

from semseg.api.refusals import refuse
from semseg.errors import UserError


def test_what_is_not_set_is_not_refused() -> None:
    refuse({"rules": None, "dependencies": [], "container_log_level": False})


@pytest.mark.parametrize(
    ("parameters", "why", "sentence"),
    [
        ({"rules": [1], "tags": None}, "", "rules is not supported: leave it out"),
        ({"rules": [1]}, " on this machine", "rules is not supported on this machine: leave it out"),
        (
            {"rules": [1], "env": {"A": "1"}},
            ", for it is late",
            "rules, env are not supported, for it is late: leave them out",
        ),
    ],
)
def test_what_is_set_is_refused_in_one_sentence(parameters: dict[str, object], why: str, sentence: str) -> None:
    with pytest.raises(UserError, match=f"^{sentence}$"):
        refuse(parameters, why)
