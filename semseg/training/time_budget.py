"""The time that a job may take: how much of it is spent, and when its last step is due."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_SLOWNESS = 2.0  # times the planned seconds of what follows the last validation


class TimeBudget:
    """Measures what a job has spent of its time. The schedule follows the share that is spent, whatever a step takes.

    Args:
        seconds: that the job may take, from its start to its end.
        spent: seconds since its start, now.
        scoring: about how many seconds the validation after an epoch takes, with all that is saved then; the last one
            counts once there is one.
        ending: about how many seconds follow the last validation. Where that took more or less than was expected,
            these are taken to do so too, within a half and twice.
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
        self._scoring = self._planned_scoring = scoring
        self._ending = ending
        self._now = now
        self._start = now() - spent
        self._slowness = 1.0
        self._trained = now()
        self._first_step = now()  # when the first one of the epoch began
        self._steps = 0  # of the epoch that have begun
        self._step = 0.0  # mean seconds of those that are done

    def spent(self) -> float:
        """Returns how many seconds the job has taken so far, in all its runs."""
        return self._now() - self._start

    def share(self) -> float:
        """Returns the share of the time for training that is spent, 0 to 1: it is all where less than half of another
        step has time.
        """
        until = self._seconds - self._scoring - self._slowness * self._ending - self._step / 2
        return min(1.0, max(0.0, self.spent() / until)) if until > 0 else 1.0

    def goes_on_after(self, spent: float) -> None:
        """Counts the seconds that earlier runs of the job took beside those of this one."""
        self._start -= spent

    def epoch_begins(self) -> None:
        """Notes when an epoch begins."""
        self._steps = 0

    def step_begins(self) -> None:
        """Notes when a step of the epoch begins, and the one before it is done."""
        if self._steps == 0:
            self._first_step = self._now()
        else:
            self._step = (self._now() - self._first_step) / self._steps
        self._steps += 1

    def epoch_trained(self) -> None:
        """Notes when the steps of an epoch are done."""
        self._trained = self._now()

    def epoch_completed(self) -> None:
        """Notes when the validation after an epoch is over, and all is saved."""
        self._scoring = self._now() - self._trained
        if self._planned_scoring > 0:
            self._slowness = min(MOST_SLOWNESS, max(1 / MOST_SLOWNESS, self._scoring / self._planned_scoring))
