"""Waiting for a job of SageMaker, whose end is known by its status alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

ENDS = ("Completed", "Failed", "Stopped")


def wait_until_ended(
    noun: str,
    describe: Callable[[], dict[str, Any]],
    status_key: str,
    poll_seconds: float,
    at_each_look: Callable[[Mapping[str, Any]], None],
    ways: str = "",
) -> dict[str, Any]:
    """The description of a job once its status is one of ENDS. Ctrl-C ends the waiting, not the job, and says so.

    Args:
        noun: such as "transform job 'masks'", for the message.
        describe: asks how the job is.
        status_key: where its answer has the status.
        poll_seconds: between two looks.
        at_each_look: called with each description, the last included.
        ways: what can be done once it is no longer waited for, to follow "which goes on".
    """
    try:
        while True:
            job = describe()
            at_each_look(job)
            if job[status_key] in ENDS:
                return job
            time.sleep(poll_seconds)
    except KeyboardInterrupt:
        print(f"No longer waiting for {noun}, which goes on{ways}.", flush=True)
        raise
