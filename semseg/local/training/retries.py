"""How often a job is started again without anybody's asking: the RetryStrategy of its request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from semseg.contract.failure_reason import may_pass
from semseg.local.process.leash import NOT_STARTED
from semseg.local.training.folder import TrainingFolder
from semseg.plumbing.json_file import read_object

RESTARTING = "Restarting"  # the SecondaryStatus, as in SageMaker


def most_retries(request: Mapping[str, Any]) -> int:
    """Returns how often a job may be started again by itself."""
    return int((request.get("RetryStrategy") or {}).get("MaximumRetryAttempts", 0))


def has_retries(job: TrainingFolder) -> bool:
    """Returns whether a job whose supervisor was killed may be started again."""
    most = most_retries(read_object(job.request))
    return job.written_status().retries < most and not job.stop_request.exists()


def may_be_retried(exit_code: int, written: str) -> bool:
    """Returns whether a training process that ended so may come further next time.

    Args:
        exit_code: negative if a signal killed it.
        written: what it wrote about its failure; empty means nothing.
    """
    return may_pass(written) if written else exit_code not in (0, NOT_STARTED)


def retry_line(number: int, most: int, reason: str) -> str:
    """Returns the line of the log that says why a job is started again."""
    return f"Starting the training process again, {number} of at most {most} times: {reason}"
