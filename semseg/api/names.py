"""The names of jobs and endpoints.

Source of the rule: the SageMaker API reference, CreateTrainingJob and CreateEndpoint.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone

from semseg.contract.echoed import echoed
from semseg.errors import NameTakenError, UserError

DEFAULT_BASE_NAME = "semantic-segmentation"
LONGEST = 63  # characters
LONGEST_OF_TUNING = 32  # characters; source: the API reference, CreateHyperParameterTuningJob
# The times that names end with, of this module and of tuning jobs, here and in the SageMaker Python SDK.
MADE_UP = re.compile(r"-(\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2}-\d{3}|\d{6}-\d{4}(\d{2})?)$")
MOST_TRIES = 5  # names that are made up for one job
SHORT_TIME = 1000  # milliseconds between two times in the names of tuning jobs
RULE = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def check_name(noun: str, name: str) -> None:
    """Raises UserError if ``name`` is no valid name for ``noun``, such as "an endpoint"."""
    if not is_name(name):
        raise UserError(
            f"the name of {noun} must be 1 to {LONGEST} letters, digits and hyphens, "
            f"a letter or digit first and last, got {echoed(name)}"
        )


def is_name(name: object) -> bool:
    """Returns whether ``name`` can name a job, a model or an endpoint."""
    return isinstance(name, str) and len(name) <= LONGEST and RULE.fullmatch(name) is not None


class Clock:
    """Tells the time in steps of so many milliseconds, each time later than the one before, in all threads.

    What is named after a time that it told has a name of its own in this process.
    """

    def __init__(self, step: int = 1) -> None:
        self._step = step
        self._latest = 0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Returns the time in UTC; ahead of it where it was asked more often than once a step."""
        with self._lock:
            self._latest = max(time.time_ns() // (1_000_000 * self._step), self._latest + 1)
            return datetime.fromtimestamp(self._latest * self._step / 1000, timezone.utc)


_clock, _clock_of_tuning = Clock(), Clock(SHORT_TIME)


def name_from_base(base: str) -> str:
    """Returns ``<base>-YYYY-MM-DD-HH-MM-SS-mmm`` (UTC), a new one at each call.

    The base is cut if the whole would be over 63 characters.
    """
    moment = timestamp()
    return f"{base[: LONGEST - len(moment) - 1]}-{moment}"


def timestamp() -> str:
    """Returns the time that names end with, ``YYYY-MM-DD-HH-MM-SS-mmm`` (UTC), a new one at each call."""
    now = _clock.now()
    return f"{now:%Y-%m-%d-%H-%M-%S}-{round(now.microsecond / 1000):03d}"


def start_named(start: Callable[[str], object], made_up: Callable[[], str], given: str | None = None) -> str:
    """Starts a job, and returns its name.

    Two processes may make up the same name in the same moment: where that is taken, the next one is tried.

    Args:
        start: starts the job of a name.
        made_up: makes up a name, a new one at each call.
        given: the name that the job must have; None where it may have any.

    Raises:
        NameTakenError: a name that was given is taken, or several that were made up are.
    """
    for _ in range(0 if given else MOST_TRIES - 1):
        name = made_up()
        with suppress(NameTakenError):
            start(name)
            return name
    name = given or made_up()
    start(name)
    return name


def short_name_from_base(base: str) -> str:
    """Returns ``<base>-YYMMDD-HHMMSS`` (UTC) for a tuning job, a new one at each call.

    The base is cut where the whole would be too long.
    """
    moment = f"{_clock_of_tuning.now():%y%m%d-%H%M%S}"
    return f"{base[: LONGEST_OF_TUNING - len(moment) - 1].rstrip('-')}-{moment}"


def base_from_name(name: str) -> str:
    """Returns what a made-up name of a job was made from: the name without its time, and as it is without one."""
    return MADE_UP.sub("", name)
