"""When a checkpoint within an epoch is due."""

from __future__ import annotations

import time
from collections.abc import Callable


class CheckpointClock:
    """Measures how much work would be lost if the job ended now.

    Args:
        seconds: of work that may be lost; 0 makes a checkpoint due at every question.
        now: a clock that never goes back, in seconds.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._saved = now()
        self._validation_begun: float | None = None
        self._validation: float | None = None  # how long the last one took

    def saved(self) -> None:
        """Counts from now on: the state was saved."""
        self._saved = self._now()

    def is_due(self) -> bool:
        """Returns whether so much work has been done since the last checkpoint."""
        return self._now() - self._saved >= self._seconds

    def is_due_before_validation(self) -> bool:
        """Returns whether it will have been by the end of a validation that takes as long as the last one did.

        The first one is taken to be as long as the work since the last checkpoint.
        """
        since = self._now() - self._saved
        return since + (since if self._validation is None else self._validation) >= self._seconds

    def begin_validation(self) -> None:
        """Notes when a validation begins."""
        self._validation_begun = self._now()

    def end_validation(self) -> None:
        """Notes when it is over."""
        if self._validation_begun is not None:
            self._validation = self._now() - self._validation_begun
