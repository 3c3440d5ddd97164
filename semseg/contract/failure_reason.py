"""What the failure reason of a training process says of another try."""

from __future__ import annotations

import re

BROKE_DOWN = "the algorithm failed with "  # how the reason begins where an error of our own is behind it
_OF_ONE_OF_SEVERAL = re.compile(r"process \d+ of \d+, counted from 0, (was ended by|ended with exit code) ")
_OVERFLOW = "train loss must stay finite"
_NO_ROOM = re.compile(r"\[Errno (28|122|27)\]|No space left on device|Disk quota exceeded")  # ENOSPC, EDQUOT, EFBIG


def may_go_on(reason: str) -> bool:
    """Returns whether a job that failed for this reason may be resumed with hope: not one whose loss overflowed."""
    return _OVERFLOW not in reason


def may_pass(reason: str) -> bool:
    """Returns whether a job that failed for this reason may come further if it is just started again."""
    by_itself = reason.startswith(BROKE_DOWN) or _OF_ONE_OF_SEVERAL.match(reason) is not None
    return by_itself and _NO_ROOM.search(reason) is None
