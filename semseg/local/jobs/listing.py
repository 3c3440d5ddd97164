"""Lists as the SageMaker API gives them: filtered, sorted, and in pages."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from semseg.api.allowed_values import check_one_of
from semseg.contract.echoed import echoed
from semseg.errors import UserError

ORDERS = ("Ascending", "Descending")
MOST_RESULTS = 100  # of one page, as in the API
# The statuses that the API knows, by what the fields of a list's entries begin with; a kind without one is not here.
STATUSES: Mapping[str, tuple[str, ...]] = {
    "TrainingJob": ("InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting"),
    "TransformJob": ("InProgress", "Completed", "Failed", "Stopping", "Stopped"),
    "HyperParameterTuningJob": (
        *("InProgress", "Completed", "Failed", "Stopping", "Stopped"),
        *("Deleting", "DeleteFailed"),
    ),
    "Endpoint": (
        *("Creating", "InService", "Failed", "OutOfService", "Updating", "SystemUpdating", "RollingBack"),
        *("UpdateRollbackFailed", "Deleting"),
    ),
}


@dataclass(frozen=True)
class Query:
    """What is asked of a list; the names are those of the API, and None leaves out.

    Attributes:
        name_contains: what names have in them.
        status_equals: one of the kind's STATUSES, where what is listed has one.
        sort_by: "Name", "CreationTime", or "Status".
        sort_order: "Ascending" or "Descending".
        max_results: how many there are in a page, 1 to 100; None gives all.
        next_token: the NextToken of the page before.
        created_after: only what was created later; a time without a zone is in local time.
        created_before: only what was created earlier.
    """

    name_contains: str | None
    sort_by: str
    sort_order: str
    max_results: int | None
    next_token: str | None
    created_after: datetime | None
    created_before: datetime | None
    status_equals: str | None = None


def page(
    found: Sequence[Mapping[str, Any]], kind: str, answer: str, query: Query, has_status: bool = True
) -> dict[str, Any]:
    """Returns one page of a list, shaped as the API's answer.

    A page goes on after the last entry of the page before, even where that entry is gone meanwhile.

    Args:
        found: all entries, such as TrainingJobSummary.
        kind: what their fields begin with: "TrainingJob" of TrainingJobName and TrainingJobStatus.
        answer: the name of the list in the answer, such as "TrainingJobSummaries".
        has_status: whether entries have a status to sort by.

    Raises:
        UserError: a sort key, an order, a status, a number, a time or a token is not one.
    """
    keys = {"Name": f"{kind}Name", "CreationTime": "CreationTime", "Status": f"{kind}Status"}
    if not has_status:
        del keys["Status"]
    _check(query, tuple(keys), STATUSES.get(kind, ()))

    def place(entry: Mapping[str, Any]) -> tuple[Any, str]:
        value = entry[keys[query.sort_by]]
        return (value.timestamp() if isinstance(value, datetime) else value, entry[keys["Name"]])

    wanted = [entry for entry in found if _matches(entry, kind, query)]
    wanted.sort(key=place, reverse=query.sort_order == "Descending")
    if query.next_token is not None:
        last = _place_of(query.next_token, query.sort_by)
        wanted = [entry for entry in wanted if _is_after(place(entry), last, query.sort_order)]
    shown = [dict(entry) for entry in wanted[: query.max_results]]
    return {answer: shown, **({"NextToken": _token(place(shown[-1]))} if len(shown) < len(wanted) else {})}


def _check(query: Query, keys: tuple[str, ...], statuses: tuple[str, ...]) -> None:
    check_one_of("SortBy", query.sort_by, keys)
    if query.status_equals is not None:
        check_one_of("StatusEquals", query.status_equals, statuses)
    check_one_of("SortOrder", query.sort_order, ORDERS)
    _check_time("CreationTimeAfter", query.created_after)
    _check_time("CreationTimeBefore", query.created_before)
    most = query.max_results
    if most is not None and not (type(most) is int and 1 <= most <= MOST_RESULTS):
        raise UserError(f"MaxResults must be a whole number from 1 to {MOST_RESULTS}, got {echoed(most)}")


def _matches(entry: Mapping[str, Any], kind: str, query: Query) -> bool:
    created = entry["CreationTime"]
    return (
        (query.name_contains or "") in entry[f"{kind}Name"]
        and (query.status_equals is None or entry.get(f"{kind}Status") == query.status_equals)
        and (query.created_after is None or created > query.created_after.astimezone())
        and (query.created_before is None or created < query.created_before.astimezone())
    )


def _is_after(place: tuple[Any, str], last: tuple[Any, str], order: str) -> bool:
    return place > last if order == "Ascending" else place < last


def _token(place: tuple[Any, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def _place_of(token: str, sort_by: str) -> tuple[Any, str]:
    try:
        value, name = json.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError, TypeError):
        value, name = None, None
    if not isinstance(name, str) or not isinstance(value, float if sort_by == "CreationTime" else str):
        raise UserError(f"NextToken must be that of the page before, with the same SortBy, got {echoed(token)}")
    return value, name


def _check_time(noun: str, value: datetime | None) -> None:
    if value is not None and not isinstance(value, datetime):
        raise UserError(f"{noun} must be a datetime, got {echoed(value)}")
