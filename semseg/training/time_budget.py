"""The time that a job may take: how much of it is spent, and when its last step is due."""

from __future__ import annotations

import time
from collections.abc import Callable


class TimeBudget:
    """Measures what a job has spent of its time. The schedule follows the share that is spent, whatever a step takes.

    Args:
        seconds: that the job may take, from its start to its end.
        spent: seconds since its start, now.
        scoring: about how many seconds the validation after an epoch takes, with all that is saved then; the last one
            counts once there is one.
        ending: about how many seconds follow the last validation.
        now: a clock that never goes back, in seconds.
    """

    def __init__(
        self,
        seconds: float,
        spent: float,
        scoring: float,
        ending: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._scoring = scoring
        self._ending = ending
        self._now = now
        self._start = now() - spent
        self._trained: float | None = None

    def spent(self) -> float:
        """Returns how many seconds the job has taken so far, in all its runs."""
        return self._now() - self._start

    def share(self) -> float:
        """Returns the share of the time until the last step that is spent, 0 to 1."""
        until = self._seconds - self._scoring - self._ending
        return min(1.0, max(0.0, self.spent() / until)) if until > 0 else 1.0

    def goes_on_after(self, spent: float) -> None:
        """Counts the seconds that earlier runs of the job took beside those of this one."""
        self._start -= spent

    def epoch_trained(self) -> None:
        """Notes when the steps of an epoch are done."""
        self._trained = self._now()

    def epoch_completed(self) -> None:
        """Notes when the validation after an epoch is over, and all is saved."""
        if self._trained is not None:
            self._scoring = self._now() - self._trained
