"""Endpoints of this machine as people look at them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from semseg.local.session import LocalSession


@dataclass(frozen=True)
class EndpointRow:
    """An endpoint in a list.

    Attributes:
        name: of the endpoint.
        status: Creating, InService or Failed.
        url: its address.
        model: the URI of its archive.
        instance_type: "local" or "local_gpu".
        created: when, an aware datetime in UTC.
        failure_reason: why it is Failed; "" where it is not.
    """

    name: str
    status: str
    url: str
    model: str
    instance_type: str
    created: datetime
    failure_reason: str


def endpoint_rows(session: LocalSession) -> list[EndpointRow]:
    """Returns a row for each endpoint of this machine, the newest first; also of those whose servers have ended."""
    rows = [
        EndpointRow(
            found["EndpointName"],
            found["EndpointStatus"],
            found["EndpointUrl"],
            found["ModelDataUrl"],
            found["InstanceType"],
            found["CreationTime"],
            found.get("FailureReason", ""),
        )
        for found in session.endpoints.descriptions()
    ]
    return sorted(rows, key=lambda row: (row.created, row.name), reverse=True)
