"""What the hyperparameter ``bad_samples`` may be, and where it may be so."""

from __future__ import annotations

from collections.abc import Mapping

from semseg.contract.channels import FAST_FILE, FILE
from semseg.errors import ChannelError

FAIL, SKIP = "fail", "skip"  # a sample that cannot be used ends the job, or is left out
MOST_SKIPPED = 0.1  # of the samples of a channel


def check_bad_samples(bad_samples: str, modes: Mapping[str, str]) -> None:
    """Refuses to leave bad samples out of channels whose files are read when they are needed: what is bad in them is
    found when the job has begun to count on it.

    Args:
        bad_samples: the hyperparameter.
        modes: the input modes of the channels.

    Raises:
        ChannelError: naming the first of them.
    """
    fast = [name for name, mode in modes.items() if mode == FAST_FILE]
    if bad_samples == SKIP and fast:
        raise ChannelError(
            f"bad_samples must be {FAIL} where files are read when they are needed, got {SKIP}, and channel {fast[0]} "
            f"is in {FAST_FILE} mode: give it input mode {FILE}, or leave bad_samples out"
        )
