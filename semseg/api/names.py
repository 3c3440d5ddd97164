"""The names of jobs and endpoints.

Source of the rule: the SageMaker API reference, CreateTrainingJob and CreateEndpoint.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

from semseg.errors import UserError

DEFAULT_BASE_NAME = "semantic-segmentation"
LONGEST = 63  # characters
LONGEST_OF_TUNING = 32  # characters; source: the API reference, CreateHyperParameterTuningJob
# The times that names end with, of this module and of tuning jobs, here and in the SageMaker Python SDK.
MADE_UP = re.compile(r"-(\d{4}-\d{2}-\d{2}-\d{2}-\d{2}-\d{2}-\d{3}|\d{6}-\d{4}(\d{2})?)$")
RULE = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")


def check_name(noun: str, name: str) -> None:
    """Raises UserError if ``name`` is no valid name for ``noun``, such as "an endpoint"."""
    if not is_name(name):
        raise UserError(
            f"the name of {noun} must be 1 to {LONGEST} letters, digits and hyphens, "
            f"a letter or digit first and last, got {name!r:.80}"
        )


def is_name(name: object) -> bool:
    """Returns whether ``name`` can name a job, a model or an endpoint."""
    return isinstance(name, str) and len(name) <= LONGEST and RULE.fullmatch(name) is not None


def name_from_base(base: str) -> str:
    """Returns ``<base>-YYYY-MM-DD-HH-MM-SS-mmm`` (UTC); the base is cut if the whole would be over 63 characters."""
    now = datetime.now(timezone.utc)
    moment = f"{now:%Y-%m-%d-%H-%M-%S}-{now.microsecond // 1000:03d}"
    return f"{base[: LONGEST - len(moment) - 1]}-{moment}"


def short_name_from_base(base: str) -> str:
    """Returns ``<base>-YYMMDD-HHMMSS`` (UTC) for a tuning job; the base is cut where the whole would be too long."""
    moment = f"{datetime.now(timezone.utc):%y%m%d-%H%M%S}"
    return f"{base[: LONGEST_OF_TUNING - len(moment) - 1].rstrip('-')}-{moment}"


def base_from_name(name: str) -> str:
    """Returns what a made-up name of a job was made from: the name without its time, and as it is without one."""
    return MADE_UP.sub("", name)
