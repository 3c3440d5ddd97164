"""Waiting for a job of SageMaker, whose end is known by its status alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from semseg.api.shapes import Answer, Request
from semseg.plumbing.teller import Teller

ENDS = ("Completed", "Failed", "Stopped")


def wait_until_ended(
    noun: str,
    describe: Callable[[], Answer],
    status_key: str,
    poll_seconds: float,
    at_each_look: Callable[[Request], None],
    teller: Teller,
    ways: str = "",
) -> Answer:
    """Waits until a job's status is one of ENDS, and returns its description.

    Ctrl-C ends the waiting, not the job, and says so.

    Args:
        noun: such as "transform job 'masks'", for the message.
        describe: asks how the job is.
        status_key: where its answer has the status.
        poll_seconds: between two looks.
        at_each_look: called with each description, the last included.
        teller: shows the message.
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
        teller.line(f"No longer waiting for {noun}, which goes on{ways}.")
        raise
