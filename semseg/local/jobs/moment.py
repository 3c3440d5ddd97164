"""Times as they are shown: aware datetimes in UTC."""

from __future__ import annotations

from datetime import datetime, timezone


def moment(seconds: float) -> datetime:
    """Returns a Unix time as an aware datetime in UTC."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc)
