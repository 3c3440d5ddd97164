from __future__ import annotations

from pathlib import Path

import pytest

from semseg.container.failure import reason_of
from semseg.container.place import Place
from semseg.contract.failure_reason import may_go_on, may_pass
from semseg.errors import UserError

OVERFLOW = "train loss must stay finite, got nan in epoch 1 by iteration 5: lower learning_rate, now 0.1"


@pytest.mark.parametrize(
    ("reason", "passes"),
    [
        (reason_of(RuntimeError("a bug"), Path()), True),
        (reason_of(OSError(28, "No space left on device"), Path()), False),
        (reason_of(UserError("train/street.jpg has no mask"), Path()), False),
        (f"{Place(1, 2, 2, True)} was ended by SIGKILL: where memory ran out, fewer processes need less", True),
        (f"{Place(1, 2, 2, True)} ended with exit code 7", True),
        (OVERFLOW, False),
    ],
)
def test_a_failure_passes_by_itself_where_no_input_is_behind_it(reason: str, passes: bool) -> None:
    assert may_pass(reason) == passes


def test_a_job_whose_loss_overflowed_would_overflow_again() -> None:
    assert not may_go_on(OVERFLOW)
    assert may_go_on("train/street.jpg cannot be read")
